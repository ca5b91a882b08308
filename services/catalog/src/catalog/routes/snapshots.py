"""All courses, deleted ones too, for services that keep copies of them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.models import Course
from catalog.store.states import course_states
from shared.contracts import State
from shared.snapshots import snapshot_router

AT_ONCE = 50
"""Courses with their outlines are large."""


async def list_courses(session: AsyncSession, after: int, limit: int) -> Sequence[tuple[int, State]]:
    ids = (await session.scalars(select(Course.id).where(Course.id > after).order_by(Course.id).limit(limit))).all()
    states: list[tuple[int, State]] = []
    for first in range(0, len(ids), AT_ONCE):
        found = await course_states(session, ids[first : first + AT_ONCE])
        states += [(state.course_id, state) for state in found]
    return states


router = snapshot_router({"course": list_courses})
