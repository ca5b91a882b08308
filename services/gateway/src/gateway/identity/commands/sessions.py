"""Logging in and out, and changing what one logs in with."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.domain.access import AccountDeactivated, InvalidCredentials
from gateway.identity.tokens import TokenVault
from gateway.models import Token
from gateway.store import lock_user, replace_token, token_of
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
    return await token_of(session, user, vault, now=now)


async def log_out(session: AsyncSession, user_id: int) -> None:
    """Delete the user's token: the next login makes a new one. Safe to repeat."""
    await session.execute(delete(Token).where(Token.user_id == user_id))


async def regenerate_token(session: AsyncSession, user_id: int, vault: TokenVault, *, now: datetime) -> str:
    """Put a new token in the place of the old."""
    return await replace_token(session, await lock_user(session, user_id), vault, now=now)


async def change_password(
    session: AsyncSession, user_id: int, verified_hash: str, new_hash: str, *, now: datetime
) -> None:
    """Raises Invalid when the password was changed after it had been verified. The token stays."""
    user = await lock_user(session, user_id)
    if user.password_hash != verified_hash:
        raise Invalid(old_password=WRONG_PASSWORD)
    user.password_hash = new_hash
    user.updated_date = now
