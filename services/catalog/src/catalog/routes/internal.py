"""`/internal/`: what other services ask (`shared.contracts.catalog.http`). Deleted courses are told as deleted."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from catalog.domain.slugs import parse_slug
from catalog.queries.analytics import count_catalog
from catalog.queries.states import get_course_state, get_course_state_of_lesson
from catalog.queries.users import export_user
from catalog.schemas.fields import PathId
from shared.auth import FromService
from shared.contracts.catalog.http import CourseState
from shared.database import Reading

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/courses/")
async def read_course_by_slug(
    slug: Annotated[str, Query(max_length=100)], session: Reading, caller: FromService
) -> CourseState:
    return await get_course_state(session, parse_slug(slug))


@router.get("/courses/{course_id}/")
async def read_course_state(course_id: PathId, session: Reading, caller: FromService) -> CourseState:
    return await get_course_state(session, course_id)


@router.get("/users/{user_id}/export/")
async def read_user_data(user_id: PathId, session: Reading, caller: FromService) -> dict[str, list[dict[str, Any]]]:
    """All that is held about a user, 1,000 rows a section at most; empty sections for one we know nothing of."""
    return await export_user(session, user_id)


@router.get("/analytics/system/")
async def read_counts(session: Reading, caller: FromService) -> dict[str, dict[str, int]]:
    """`{courses: {total, published, drafts, archived, categories, modules, lessons, resources}}`."""
    return await count_catalog(session)


@router.get("/lessons/{lesson_id}/")
async def read_course_of_lesson(lesson_id: PathId, session: Reading, caller: FromService) -> CourseState:
    """The course in whose outline the lesson stands."""
    return await get_course_state_of_lesson(session, lesson_id)
