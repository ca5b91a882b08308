"""The two cookies of a browser that is logged in.

`sessionid` says who; scripts cannot read it. `csrftoken` is for scripts: its value comes back in the header
`X-CSRFToken`, which a page of another site can neither read nor send.
"""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from gateway.identity.domain.sessions import LIFETIME
from gateway.identity.secret import csrf_of, is_secret

SESSION = "sessionid"
CSRF = "csrftoken"
CSRF_HEADER = b"x-csrftoken"

RawHeaders = Iterable[tuple[bytes, bytes]]


def session_in(headers: RawHeaders) -> str | None:
    """The value of the first session cookie sent, if it has the form of one."""
    for name, line in headers:
        if name == b"cookie":
            for pair in line.decode("latin-1").split(";"):
                key, _, value = pair.strip().partition("=")
                if key == SESSION:
                    return value if is_secret(value) else None
    return None


def set_cookies(response: Response, session: str, public_url: str) -> None:
    """Give a browser its session, for as long as one lasts unused."""
    _set(response, SESSION, session, public_url, scripts=False)
    _set(response, CSRF, csrf_of(session), public_url, scripts=True)


def delete_cookies(response: Response) -> None:
    for name in (SESSION, CSRF):
        response.delete_cookie(name, samesite="lax")


def renewing(session: str, public_url: str) -> list[tuple[bytes, bytes]]:
    """Headers that give both cookies anew, on an answer that no cache may give to others."""
    response = Response()
    set_cookies(response, session, public_url)
    cookies = [(name, value) for name, value in response.raw_headers if name == b"set-cookie"]
    return [*cookies, (b"cache-control", b"private")]


def _set(response: Response, name: str, value: str, public_url: str, *, scripts: bool) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(LIFETIME.total_seconds()),
        httponly=not scripts,
        samesite="lax",
        secure=public_url.startswith("https://"),
    )


async def _own_session(request: Request) -> str | None:
    return session_in(request.headers.raw)


OwnSession = Annotated[str | None, Depends(_own_session)]
"""Route parameter: the session cookie that came with the request; it may be nobody's."""
