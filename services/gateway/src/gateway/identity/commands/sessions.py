"""Logging in and out, and changing what one logs in with."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.domain.access import AccountDeactivated, InvalidCredentials
from gateway.identity.domain.sessions import LIFETIME, MOST_SESSIONS
from gateway.identity.secret import digest_of, new_secret
from gateway.identity.tokens import TokenVault
from gateway.models import MailLink, Session, Token
from gateway.store import lock_user, replace_token, token_of
from shared import outbox
from shared.contracts.gateway.events import UserLoggedIn
from shared.errors import Invalid

WRONG_PASSWORD = "This is not your password."  # noqa: S105


async def log_in(
    session: AsyncSession,
    user_id: int,
    verified_hash: str,
    vault: TokenVault,
    *,
    better_hash: str | None = None,
    now: datetime,
) -> str:
    """The user's token, made where there is none.

    `verified_hash` is the one that the password was found to fit; if it has been changed since, that password is
    wrong. Raises InvalidCredentials, AccountDeactivated.
    """
    user = await lock_user(session, user_id)
    if user.password_hash != verified_hash:
        raise InvalidCredentials
    if not user.is_active:
        raise AccountDeactivated
    if better_hash is not None:
        user.password_hash = better_hash
    await outbox.record(session, UserLoggedIn(version=1, login_id=uuid4(), user_id=user_id))
    return await token_of(session, user, vault, now=now)


async def open_session(session: AsyncSession, user_id: int, *, now: datetime) -> str:
    """Log a browser in, for a user whose row is locked. Returns the cookie's value, which is stored nowhere.

    Of too many sessions, those that were used longest ago end.
    """
    newest = select(Session.digest).where(Session.user_id == user_id).order_by(Session.expires_at.desc())
    await _end_sessions(session, user_id, Session.digest.in_(newest.offset(MOST_SESSIONS - 1)))
    value = new_secret()
    session.add(Session(digest=digest_of(value), user_id=user_id, created_date=now, expires_at=now + LIFETIME))
    await session.flush()
    return value


async def log_out(session: AsyncSession, user_id: int, own_session: str | None) -> None:
    """Delete the user's token, so that the next login makes a new one, and end this session. Safe to repeat."""
    await session.execute(delete(Token).where(Token.user_id == user_id))
    if own_session is not None:
        await _end_sessions(session, user_id, Session.digest == digest_of(own_session))


async def end_sessions(session: AsyncSession, user_id: int, *, but: str | None = None) -> None:
    """Log the user out of every browser, save the one with the session `but`. The user's row is locked."""
    await _end_sessions(session, user_id, *([Session.digest != digest_of(but)] if but else []))


async def regenerate_token(session: AsyncSession, user_id: int, vault: TokenVault, *, now: datetime) -> str:
    """Put a new token in the place of the old."""
    return await replace_token(session, await lock_user(session, user_id), vault, now=now)


async def change_password(
    session: AsyncSession, user_id: int, verified_hash: str, new_hash: str, own_session: str | None, *, now: datetime
) -> None:
    """The token stays, and this session; the others end, and links to reset the password.

    Raises Invalid when the password was changed after it had been verified.
    """
    user = await lock_user(session, user_id)
    if user.password_hash != verified_hash:
        raise Invalid(old_password=WRONG_PASSWORD)
    user.password_hash = new_hash
    user.updated_date = now
    await end_sessions(session, user_id, but=own_session)
    await session.execute(delete(MailLink).where(MailLink.user_id == user_id, MailLink.purpose == "password_reset"))


async def _end_sessions(session: AsyncSession, user_id: int, *which: ColumnElement[bool]) -> None:
    await session.execute(delete(Session).where(Session.user_id == user_id, *which))
