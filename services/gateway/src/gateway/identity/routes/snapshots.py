"""All users, for services that keep copies of them. Service accounts too: they are users without a person."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import User
from gateway.store import state_of
from shared.contracts import State
from shared.snapshots import snapshot_router


async def list_users(session: AsyncSession, after: int, limit: int) -> Sequence[tuple[int, State]]:
    users = await session.scalars(select(User).where(User.id > after).order_by(User.id).limit(limit))
    return [(user.id, state_of(user)) for user in users]


router = snapshot_router({"user": list_users})
