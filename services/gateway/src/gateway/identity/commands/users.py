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
    removed = demoted or changes.get("is_active") is False
    if removed and await _lock_administrators(session) == [user_id]:
        raise Invalid({"role" if demoted else "is_active": [LAST_ADMINISTRATOR]})
    await change_user(session, await lock_user(session, user_id), changes, now=now)
    if changes.get("is_active") is False:
        await end_sessions(session, user_id)


async def set_subscription(session: AsyncSession, user_id: int, changes: dict[str, Any], *, now: datetime) -> None:
    """Set tier and end of a user's subscription; a free one has no end. Raises NotFound."""
    subscription = await session.get(Subscription, user_id, with_for_update=True)
    if subscription is None:
        raise NotFound
    for name, value in changes.items():
        setattr(subscription, name, value)
    if subscription.tier == "free":
        subscription.expires_at = None
    subscription.updated_date = now
    await session.flush()


async def _lock_administrators(session: AsyncSession) -> list[int]:
    """Ids of the active administrators, all locked: two who demote each other at once come one after the other."""
    found = await session.scalars(
        select(User.id).where(User.role == "administrator", User.is_active).order_by(User.id).with_for_update()
    )
    return list(found)
