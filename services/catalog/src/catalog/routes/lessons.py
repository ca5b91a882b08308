"""`/api/lessons/`: lessons, whose content is given as far as the caller may read it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from catalog.commands.lessons import create_lesson, delete_lesson, update_lesson
from catalog.domain.choices import AccessLevel, LessonType
from catalog.domain.slugs import LARGEST_ID
from catalog.learn import settled_standing, unlocked_standing
from catalog.queries.hot_lesson import find_whole_lesson, show
from catalog.queries.lessons import LessonFilter, get_lesson, list_lessons
from catalog.routes.inputs import CourseQuery, sanitised
from catalog.schemas.fields import PathId
from catalog.schemas.lessons import LessonCard, LessonCreate, LessonUpdate, LessonView
from shared.answers import JsonBytes
from shared.auth import Caller, Instructor
from shared.database import OpenDatabase, Reading, Transaction
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(prefix="/api/lessons", tags=["lessons"])


@router.get("/")
async def read_lessons(
    session: Reading,
    caller: Caller,
    paging: Paging,
    course: CourseQuery,
    module: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
    access_level: AccessLevel | None = None,
    type: LessonType | None = None,
    free_preview: bool | None = None,
) -> Page[LessonCard]:
    """Lessons without their content, in the order of their course. `ordering` by `order, title, created_date`."""
    wanted = LessonFilter(module, course, access_level, type, free_preview)
    return await list_lessons(session, caller, paging, wanted)


@router.post("/", status_code=201)
async def add_lesson(data: LessonCreate, session: Transaction, caller: Instructor) -> LessonView:
    """Add a lesson to a module. An `order` that is taken is 400; left out, it is the next."""
    lesson = await create_lesson(session, caller, await sanitised(data), now=datetime.now(UTC))
    return await get_lesson(session, caller, lesson.id)


@router.get("/{lesson_id}/", response_model=LessonView)
async def read_lesson(lesson_id: PathId, database: OpenDatabase, peers: AskPeers, caller: Caller) -> Response:
    """A lesson, with as much of its content as the caller may read.

    The full content goes to everybody in a free preview, else to the course's staff, administrators, premium users and
    the enrolled. Others get the registered content if signed in, or the guest content, whichever there is;
    `content_tier` names it. In a course that is learned in order, a lesson whose turn it is not is 403 `LESSON_LOCKED`
    for learners. When there is none: 401 for guests, 403 `ENROLLMENT_REQUIRED` or `SUBSCRIPTION_REQUIRED`.
    """
    lesson = await find_whole_lesson(database, caller, lesson_id)
    standing = await settled_standing(database, peers, lesson.found, lesson.bodies)
    standing = await unlocked_standing(peers, standing, lesson_id, lesson.found, lesson.bodies)
    return JsonBytes(show(lesson, standing))


@router.put("/{lesson_id}/")
async def replace_lesson(lesson_id: PathId, data: LessonCreate, session: Transaction, caller: Instructor) -> LessonView:
    """Change a lesson. What is left out keeps its value; `module` may be another one of the course."""
    await update_lesson(session, caller, lesson_id, await sanitised(data), now=datetime.now(UTC))
    return await get_lesson(session, caller, lesson_id)


@router.patch("/{lesson_id}/")
async def change_lesson(lesson_id: PathId, data: LessonUpdate, session: Transaction, caller: Instructor) -> LessonView:
    """Change some fields of a lesson."""
    await update_lesson(session, caller, lesson_id, await sanitised(data), now=datetime.now(UTC))
    return await get_lesson(session, caller, lesson_id)


@router.delete("/{lesson_id}/", status_code=204)
async def remove_lesson(lesson_id: PathId, session: Transaction, caller: Instructor) -> None:
    """Delete a lesson."""
    await delete_lesson(session, caller, lesson_id, now=datetime.now(UTC))
