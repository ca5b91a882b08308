"""`/internal/`: what other services ask (`shared.contracts.catalog.http`). Deleted courses are told as deleted."""

from typing import Annotated

from fastapi import APIRouter, Query

from catalog.domain.slugs import parse_slug
from catalog.queries.states import get_course_state, get_course_state_of_lesson
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


@router.get("/lessons/{lesson_id}/")
async def read_course_of_lesson(lesson_id: PathId, session: Reading, caller: FromService) -> CourseState:
    """The course in whose outline the lesson stands."""
    return await get_course_state_of_lesson(session, lesson_id)
