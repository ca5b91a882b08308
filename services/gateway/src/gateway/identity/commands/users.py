"""Accounts change: by their owner, and by administrators."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.commands.sessions import end_sessions
from gateway.models import Subscription, User
from gateway.store import change_user, lock_user
from shared.errors import Invalid, NotFound

LAST_ADMINISTRATOR = "This is the last active administrator: make another one first."


async def update_profile(session: AsyncSession, user_id: int, changes: dict[str, Any], *, now: datetime) -> None:
    """Set one's own names. Raises NotFound."""
    await change_user(session, await lock_user(session, user_id), changes, now=now)


async def update_user(session: AsyncSession, user_id: int, changes: dict[str, Any], *, now: datetime) -> None:
    """Set names, role and activation as an administrator. Who is deactivated is logged out of every browser.

    Raises NotFound, and Invalid when no active administrator would be left.
    """
    demoted = changes.get("role", "administrator") != "administrator"
    if demoted or changes.get("is_active") is False:
        await keep_an_administrator(session, user_id, "role" if demoted else "is_active")
    user = await lock_user(session, user_id)
    if user.erased_date is not None:
        raise NotFound
    await change_user(session, user, changes, now=now)
    if changes.get("is_active") is False:
        await end_sessions(session, user_id)


async def set_subscription(session: AsyncSession, user_id: int, changes: dict[str, Any], *, now: datetime) -> None:
    """Set tier and end of a user's subscription; a free one has no end. Raises NotFound."""
    user = await lock_user(session, user_id)
    subscription = await session.get(Subscription, user_id, with_for_update=True)
    if subscription is None or user.erased_date is not None:
        raise NotFound
    for name, value in changes.items():
        setattr(subscription, name, value)
    if subscription.tier == "free":
        subscription.expires_at = None
    subscription.updated_date = now
    await session.flush()


async def keep_an_administrator(session: AsyncSession, user_id: int, field: str) -> None:
    """Lock the active administrators, of whom this user is to be one no longer. Raises Invalid for the last."""
    if await _lock_administrators(session) == [user_id]:
        raise Invalid({field: [LAST_ADMINISTRATOR]})


async def _lock_administrators(session: AsyncSession) -> list[int]:
    """Ids of the active administrators, all locked: two who demote each other at once come one after the other."""
    found = await session.scalars(
        select(User.id).where(User.role == "administrator", User.is_active).order_by(User.id).with_for_update()
    )
    return list(found)
