"""Registering, logging in and out."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from gateway.authentication import UseAuthentication
from gateway.identity.commands.accounts import EMAIL_TAKEN, register
from gateway.identity.commands.sessions import log_in, log_out, open_session, regenerate_token
from gateway.identity.cookies import OwnSession, delete_cookies, set_cookies
from gateway.identity.domain.access import InvalidCredentials
from gateway.identity.domain.passwords import check_password
from gateway.identity.hashing import UsePasswords
from gateway.identity.queries import find_credentials, get_user
from gateway.identity.schemas import LoginRequest, LoginView, RegisterRequest, TokenView
from gateway.store import token_of
from shared.auth import SignedIn
from shared.database import OpenDatabase
from shared.errors import Invalid

router = APIRouter(prefix="/api/auth", tags=["Identity"])


@router.post("/register/", status_code=201)
async def register_user(
    body: RegisterRequest,
    database: OpenDatabase,
    passwords: UsePasswords,
    authentication: UseAuthentication,
    response: Response,
) -> LoginView:
    """Make an account and log in.

    The account is a student's, with a free subscription. The address must not be in use, in whatever case; the
    password must not be common, nor be the address. A link to confirm the address is mailed to it.
    """
    check_password(body.password, body.email)
    async with database.reading() as reading:
        if await find_credentials(reading, body.email) is not None:
            raise Invalid(email=EMAIL_TAKEN)
    password_hash = await passwords.hash(body.password)
    now = datetime.now(UTC)
    async with database.transaction() as session:
        user = await register(session, body.email, password_hash, body.first_name, body.last_name, now=now)
        token = await token_of(session, user, authentication.vault, now=now)
        view = LoginView(token=token, user=await get_user(session, user.id, now=now))
    _keep_secret(response)
    return view


@router.post("/login/")
async def login(
    body: LoginRequest,
    database: OpenDatabase,
    passwords: UsePasswords,
    authentication: UseAuthentication,
    request: Request,
    response: Response,
) -> LoginView:
    """Log in with address and password. The token is the one of earlier logins, until the user logs out.

    With `session: true` the answer also sets two cookies, for browsers: `sessionid`, which signs in every request
    that has no `Authorization` header, and `csrftoken`. Requests of a session other than GET need the value of
    `csrftoken` in the header `X-CSRFToken`, else they are 403 `CSRF_FAILED`. A session not used for 14 days ends.

    401 `INVALID_CREDENTIALS` does not tell whether the address is known; `ACCOUNT_DEACTIVATED` comes only with the
    right password.
    """
    async with database.reading() as reading:
        known = await find_credentials(reading, body.email)
    verdict = await passwords.verify(body.password, known.password_hash if known else None)
    if known is None or not verdict.right:
        raise InvalidCredentials
    now = datetime.now(UTC)
    async with database.transaction() as session:
        token = await log_in(
            session,
            known.user_id,
            known.password_hash,
            authentication.vault,
            better_hash=verdict.better_hash,
            now=now,
        )
        opened = await open_session(session, known.user_id, now=now) if body.session else None
        view = LoginView(token=token, user=await get_user(session, known.user_id, now=now))
    if opened is not None:
        set_cookies(response, opened, request.app.state.settings.public_url)
    _keep_secret(response)
    return view


@router.post("/logout/", status_code=204)
async def logout(
    caller: SignedIn, own_session: OwnSession, authentication: UseAuthentication, response: Response
) -> None:
    """Delete the token, on every device, and end the session of this browser. The next login makes a new token."""
    async with authentication.changing(caller.user_id) as session:
        await log_out(session, caller.user_id, own_session)
    if own_session is not None:
        delete_cookies(response)


@router.post("/token/regenerate/")
async def regenerate(caller: SignedIn, authentication: UseAuthentication, response: Response) -> TokenView:
    """Get a new token; the old one stops at once."""
    async with authentication.changing(caller.user_id) as session:
        token = await regenerate_token(session, caller.user_id, authentication.vault, now=datetime.now(UTC))
    _keep_secret(response)
    return TokenView(token=token)


def _keep_secret(response: Response) -> None:
    """No cache on the way may keep an answer with a token in it."""
    response.headers["Cache-Control"] = "no-store"
