"""Files on their way out: whole or in part, as an attachment that no browser runs."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response, StreamingResponse

from catalog.domain.media import LONGEST_NAME
from catalog.domain.ranges import NotSatisfiable, Part, part_of, same_file
from catalog.storage import NotStored, Pieces
from shared import problems
from shared.errors import NotFound

SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""What a file says in a browser is not ours: it may be shown or saved, and run nothing."""


def redirect(url: str) -> Response:
    return RedirectResponse(url, 302, {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"})


def is_beginning(answer: Response) -> bool:
    """Whether a file begins with this answer, or is elsewhere: players and managers ask for the other parts later."""
    return answer.status_code in (200, 302) or answer.headers.get("Content-Range", "").startswith("bytes 0-")


async def send_file(
    read: Callable[[int, int], Awaitable[Pieces]],
    *,
    name: str,
    size: int,
    mime_type: str,
    range_header: str | None,
    if_range: str | None,
    if_none_match: str | None,
    caching: str,
    file_name: str | None = None,
) -> Response:
    """The file that `read(start, size)` gives, or the part of it that is asked for: 200, 206, 304, 416.

    `name` is its alone, and stands for what is in it. With a `file_name` it is an attachment.
    """
    etag = f'"{name}"'
    headers = {**SAFETY, "ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": caching}
    if file_name is not None:
        headers["Content-Disposition"] = disposition(file_name)
    if if_none_match is not None and ("*" in if_none_match or etag in if_none_match):
        return Response(status_code=304, headers=headers)
    try:
        part = part_of(range_header, size) if same_file(if_range, etag) else None
    except NotSatisfiable:
        answer = problems.problem(416, "MALFORMED_REQUEST", f"The file has {size} bytes.", {"size": size})
        answer.headers["Content-Range"] = f"bytes */{size}"
        return answer
    chosen = part or Part(0, size)
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.start + part.size - 1}/{size}"
    headers["Content-Length"] = str(chosen.size)
    try:
        pieces = await read(chosen.start, chosen.size)
    except NotStored:
        raise NotFound("The file is gone.") from None
    return StreamingResponse(pieces, 200 if part is None else 206, headers, media_type=_media_type(mime_type))


def _media_type(mime_type: str) -> str:
    return f"{mime_type}; charset=utf-8" if mime_type.startswith("text/") else mime_type


def disposition(file_name: str) -> str:
    """`attachment` under a name, in ASCII for old clients and whole for the others (RFC 6266)."""
    plain = "".join(letter if " " <= letter <= "~" and letter not in '"\\%' else "_" for letter in file_name)
    return f"attachment; filename=\"{plain[:LONGEST_NAME]}\"; filename*=UTF-8''{quote(file_name, safe='')}"
