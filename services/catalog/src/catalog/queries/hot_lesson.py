"""A lesson as far as its reader may read it, as bytes, in one statement: the hot form of `queries.lessons`."""

from dataclasses import dataclass

from pydantic_core import to_json

from catalog.domain.access import Bodies, Standing, Visibility, check_visible, read
from catalog.queries.hot_parts import ASSESSMENT, IS_ENROLLED, LESSON, TEACHES, moment
from catalog.store.visibility import Found
from shared.auth import Identity
from shared.database import Database
from shared.errors import NotFound
from shared.together import for_many

BY_ID = for_many(
    f"""
    SELECT c.id, c.is_draft, c.is_published, c.is_deleted, c.is_sequential, m.is_published,
        {TEACHES}, {IS_ENROLLED},
        l.access_level, l.is_free_preview, l.content, l.registered_content, l.guest_content, l.video_url, l.transcript,
        (
            SELECT row_to_json(card)::text FROM (
                SELECT {LESSON}, m.id AS module, c.id AS course,
                    {moment("l.created_date")} AS created_date, {moment("l.updated_date")} AS updated_date
            ) AS card
        )
    FROM lessons l JOIN modules m ON m.id = l.module_id JOIN courses c ON c.id = m.course_id {ASSESSMENT}
    WHERE l.id = %(lesson_id)s
    """,
    lesson_id="bigint",
    user_id="bigint",
)


@dataclass(frozen=True)
class FoundLesson:
    """A lesson with everything in it, not to be shown before `show` has judged what of it."""

    found: Found
    bodies: Bodies
    video_url: str
    transcript: str | None
    card: str
    """The `LessonCard` as JSON."""


async def find_whole_lesson(database: Database, identity: Identity | None, lesson_id: int) -> FoundLesson:
    """Raises NotFound when there is none."""
    parameters = {"lesson_id": lesson_id, "user_id": identity.user_id if identity else None}
    row = await database.read_together(BY_ID, parameters)
    if row is None:
        raise NotFound
    course_id, is_draft, is_published, is_deleted, is_sequential, module_is_published, teaches, is_enrolled = row[:8]
    level, is_free_preview, content, registered_content, guest_content, video_url, transcript, card = row[8:]
    visibility = Visibility(is_draft, is_published, is_deleted, module_is_published)
    found = Found(course_id, visibility, Standing(identity, teaches, is_enrolled), is_sequential)
    bodies = Bodies(level, is_free_preview, content, registered_content, guest_content)
    return FoundLesson(found, bodies, video_url, transcript, card)


def show(lesson: FoundLesson, standing: Standing) -> bytes:
    """The `LessonView` as JSON. Raises NotFound, ServiceUnavailable, and what `access.read` raises."""
    check_visible(lesson.found.visibility, standing)
    access = read(lesson.bodies, standing)
    has_all = access.tier == "full"
    added = {
        "content": access.content,
        "content_tier": access.tier,
        "access": {
            "granted": access.granted,
            "user_level": access.user_level,
            "required_level": access.required_level,
            "code": access.code,
            "message": access.message,
        },
        "video_url": lesson.video_url if has_all else None,
        "transcript": lesson.transcript if has_all else None,
        "guest_content": lesson.bodies.guest_content if standing.is_staff else None,
        "registered_content": lesson.bodies.registered_content if standing.is_staff else None,
    }
    return b"%b,%b" % (lesson.card[:-1].encode(), to_json(added)[1:])
