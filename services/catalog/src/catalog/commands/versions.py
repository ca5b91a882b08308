"""Several versions of a course at once: each on its own, in one transaction."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.commands.courses import archive_course, delete_course, publish_course, unpublish_course
from catalog.domain.access import check_staff
from catalog.models import Course
from catalog.schemas.versions import VersionAction, VersionResult
from catalog.store.visibility import find_course
from shared.auth import Identity
from shared.errors import Invalid, NotFound, Refusal

_COMMANDS: dict[VersionAction, Callable[..., Awaitable[Any]]] = {
    "publish": partial(publish_course, publish_modules=True),
    "unpublish": unpublish_course,
    "archive": archive_course,
    "delete": delete_course,
}


async def change_versions(
    session: AsyncSession,
    identity: Identity,
    ref: int | str,
    action: VersionAction,
    ids: Sequence[int],
    *,
    now: datetime,
) -> list[VersionResult]:
    """Do `action` to versions of a course's family. One that is refused keeps the others from nothing.

    Raises NotFound and PermissionDenied for the course that names the family.
    """
    found = await find_course(session, identity, ref)
    check_staff(found.visibility, found.standing)
    family = select(Course.family_id).where(Course.id == found.course_id).scalar_subquery()
    members = set(await session.scalars(select(Course.id).where(Course.family_id == family, Course.id.in_(ids))))
    results = {}
    for version_id in sorted(set(ids)):  # in the order in which everybody locks courses
        results[version_id] = await _change(session, identity, action, version_id, version_id in members, now=now)
    return [results[version_id] for version_id in dict.fromkeys(ids)]


async def _change(
    session: AsyncSession, identity: Identity, action: VersionAction, version_id: int, is_member: bool, *, now: datetime
) -> VersionResult:
    try:
        if not is_member:
            raise NotFound("There is no such version of this course.")
        async with session.begin_nested():
            await _COMMANDS[action](session, identity, version_id, now=now)
    except Refusal as refusal:
        return VersionResult(id=version_id, done=False, code=refusal.code, error=refusal.message)
    except Invalid as error:
        return VersionResult(
            id=version_id, done=False, code="INVALID", error="Something is missing.", fields=error.errors
        )
    return VersionResult(id=version_id, done=True)
