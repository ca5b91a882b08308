"""All enrollments, ratings and policies, for services that keep copies of them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.policies import event_of_policy
from enrollment.commands.ratings import event_of_rating
from enrollment.models import Enrollment, ProgressPolicy, Rating
from enrollment.store import state_of
from shared.contracts import State
from shared.snapshots import snapshot_router


async def list_enrollments(session: AsyncSession, after: int, limit: int) -> Sequence[tuple[int, State]]:
    chosen = select(Enrollment).where(Enrollment.id > after).order_by(Enrollment.id).limit(limit)
    return [(enrollment.id, state_of(enrollment)) for enrollment in await session.scalars(chosen)]


async def list_ratings(session: AsyncSession, after: int, limit: int) -> Sequence[tuple[int, State]]:
    chosen = select(Rating).where(Rating.course_id > after, Rating.revision > 0).order_by(Rating.course_id)
    return [(rating.course_id, event_of_rating(rating)) for rating in await session.scalars(chosen.limit(limit))]


async def list_policies(session: AsyncSession, after: int, limit: int) -> Sequence[tuple[int, State]]:
    chosen = select(ProgressPolicy).where(ProgressPolicy.course_id > after).order_by(ProgressPolicy.course_id)
    return [(policy.course_id, event_of_policy(policy)) for policy in await session.scalars(chosen.limit(limit))]


router = snapshot_router({"enrollment": list_enrollments, "rating": list_ratings, "policy": list_policies})
