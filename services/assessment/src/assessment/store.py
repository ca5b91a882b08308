"""SQL that commands and queries share: locking an aggregate, and who is what to a course."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, exists, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from assessment.models import Assessment, Attempt, AttemptAnswer, Course, Enrollment, Question, Rubric
from shared.auth import Identity
from shared.fields import LARGEST_ID

LEARNING = ("active", "completed")
"""States of an enrollment that open the course."""


def with_questions(statement: Select[Assessment]) -> Select[Assessment]:
    """Load questions and answers with the assessments, in two more statements."""
    return statement.options(selectinload(Assessment.questions).selectinload(Question.answers)).execution_options(
        populate_existing=True
    )


async def lock_assessment(session: AsyncSession, assessment_id: int, *, share: bool = False) -> Assessment | None:
    """The assessment with its questions, locked against edits; for the edit itself, unless `share`."""
    present = select(Assessment).where(Assessment.id == assessment_id, ~Assessment.is_deleted)
    return await session.scalar(with_questions(present).with_for_update(read=share))


def with_assessment(statement: Select[Attempt], *, skip_locked: bool = False) -> Select[Attempt]:
    """Lock the attempts as they are now, and load their assessments with them."""
    loaded = statement.options(joinedload(Attempt.assessment, innerjoin=True))
    return loaded.with_for_update(of=Attempt, skip_locked=skip_locked).execution_options(populate_existing=True)


async def lock_attempt(session: AsyncSession, attempt_id: int, user_id: int) -> Attempt | None:
    """The learner's own attempt, locked; nobody else answers or closes it meanwhile."""
    return await session.scalar(
        with_assessment(select(Attempt).where(Attempt.id == attempt_id, Attempt.user_id == user_id))
    )


async def get_answers(session: AsyncSession, attempt_ids: Sequence[int]) -> Sequence[AttemptAnswer]:
    """The answers saved in these attempts."""
    given = select(AttemptAnswer).where(AttemptAnswer.attempt_id.in_(attempt_ids)).order_by(AttemptAnswer.id)
    return (await session.scalars(given)).all()


def is_course(ref: str) -> ColumnElement[bool]:
    """Whether `Course` is the one meant, by id or slug."""
    if not (ref.isascii() and ref.isdigit()):
        return Course.slug == ref
    return Course.course_id == int(ref) if int(ref) <= LARGEST_ID else false()


def oversees(user: Identity) -> ColumnElement[bool]:
    """Whether the user is staff of `Course`, by our copy, as `rights.is_staff` says it: administrators always are."""
    return true() if user.is_administrator else Course.staff.contains([user.user_id])


def owns(user: Identity) -> ColumnElement[bool]:
    """Whether the user may see and change `Rubric`: their own; administrators all."""
    return true() if user.is_administrator else Rubric.owner_id == user.user_id


def learns(user: Identity) -> ColumnElement[bool]:
    """Whether the user may learn in `Course`, by our copy."""
    return exists().where(
        Enrollment.user_id == user.user_id,
        Enrollment.course_id == Course.course_id,
        Enrollment.status.in_(LEARNING),
    )
