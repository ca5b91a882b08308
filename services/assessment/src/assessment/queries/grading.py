"""What waits for a person to grade it."""

from typing import Any

from sqlalchemy import Row, Text, cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.paper import Item
from assessment.models import Assessment, Attempt, AttemptAnswer, Course
from assessment.schemas.attempts import Attachment
from assessment.schemas.grading import QuestionToGrade, QueueEntry
from assessment.store import is_course, oversees
from shared.auth import Identity
from shared.pagination import Key, Page, PageRequest, order_of, paginate

SUBMITTED = Attempt.__table__.c.end_time
ORDERING = {"submitted_at": SUBMITTED}


async def list_queue(
    session: AsyncSession, user: Identity, request: PageRequest, *, course: str | None, assessment_id: int | None
) -> Page[QueueEntry]:
    """Answers in the courses that the user teaches; all for administrators. Those that wait longest come first."""
    asked = func.jsonb_path_query_first(
        Attempt.paper,
        cast("$.items[*] ? (@.question_id == $id)", JSONPATH),
        func.jsonb_build_object(cast("id", Text), AttemptAnswer.question_id),
    )
    attempt = (Attempt.attempt_number, Attempt.user_id, Attempt.assessment_id, Attempt.end_time)
    statement = (
        select(AttemptAnswer, *attempt, Assessment.title, Assessment.course_id, asked.label("item"))
        .join(Attempt, Attempt.id == AttemptAnswer.attempt_id)
        .join(Assessment, Assessment.id == Attempt.assessment_id)
        .join(Course, Course.course_id == Assessment.course_id)
        .where(AttemptAnswer.awaits_grade, oversees(user))
    )
    if assessment_id is not None:
        statement = statement.where(Attempt.assessment_id == assessment_id)
    if course is not None:
        statement = statement.where(is_course(course))
    keys = order_of(request, ORDERING, (Key(SUBMITTED),), Key(AttemptAnswer.__table__.c.id))
    return await paginate(session, statement, request, keys, _show)


def _show(row: Row[Any]) -> QueueEntry:
    answer, item = row[0], Item.model_validate(row.item)
    return QueueEntry(
        id=answer.id,
        attempt=answer.attempt_id,
        attempt_number=row.attempt_number,
        assessment=row.assessment_id,
        assessment_title=row.title,
        course=row.course_id,
        user=row.user_id,
        question=QuestionToGrade(
            id=item.question_id,
            question_text=item.question_text,
            question_type=item.question_type,
            points=float(item.worth),
            rubric=item.rubric,
        ),
        text_answer=answer.text_answer,
        response=answer.response,
        attachment=None if answer.attachment is None else Attachment.model_validate(answer.attachment),
        answered_at=answer.answered_at,
        submitted_at=row.end_time,
    )
