"""The copies held against their owners, and the counters against a recount (`shared.reconcile`)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.assessments import take_assessment, take_attempt
from enrollment.commands.copies import take_certificate, take_user
from enrollment.commands.outlines import take_course
from enrollment.domain.courses import outline_of
from enrollment.models import Assessment, Attempt, Certificate, Course, Lesson, Standing, User
from enrollment.queries.recount import find_differences
from shared.contracts.assessment.events import AssessmentState, AttemptState
from shared.contracts.catalog.events import CourseState
from shared.contracts.certificate.events import CertificateState
from shared.contracts.gateway.events import UserState
from shared.reconcile import Copy, Reconciliation, columns

_COURSE = (
    "slug", "title", "thumbnail", "price", "discount_price", "discount_ends", "is_draft", "is_published", "is_deleted",
)  # fmt: skip
_LESSON = ("lesson_id", "module_id", "title", "order", "type", "duration_minutes")


def _course(state: CourseState) -> dict[str, Any]:
    """The outline of a deleted course is left as it was, so it is not compared."""
    values = {name: getattr(state, name) for name in _COURSE}
    values["staff"] = [member.model_dump() for member in state.staff]
    if not state.is_deleted:
        counted = [lesson for lesson in outline_of(state) if lesson["is_counted"]]
        values["lessons"] = sorted(tuple(dict(lesson)[name] for name in _LESSON) for lesson in counted)
    return values


async def _lessons(session: AsyncSession, ids: Sequence[int]) -> Mapping[int, Any]:
    columns = [getattr(Lesson, name) for name in _LESSON]
    rows = await session.execute(
        select(Lesson.course_id, *columns).where(Lesson.course_id.in_(ids), Lesson.is_counted).order_by(*columns[:1])
    )
    lessons: dict[int, list[tuple[Any, ...]]] = {id_: [] for id_ in ids}
    for row in rows:
        lessons[row.course_id].append(tuple(row)[1:])
    return lessons


async def _take_course(session: AsyncSession, state: CourseState) -> None:
    await take_course(session, state, now=datetime.now(UTC))


def _attempt(state: AttemptState) -> dict[str, Any] | None:
    """Only graded ones are kept. What one of them said of the standing is history; the standing is what counts."""
    if state.status != "graded":
        return None
    standing = (state.standing_version, state.has_passed) if state.standing_version else None
    return {"assessment_id": state.assessment_id, "user_id": state.user_id, "standing": standing}


async def _standings(session: AsyncSession, ids: Sequence[int]) -> Mapping[int, Any]:
    own = and_(Standing.assessment_id == Attempt.assessment_id, Standing.user_id == Attempt.user_id)
    chosen = select(Attempt.attempt_id, Standing.version, Standing.has_passed).join(Standing, own)
    rows = await session.execute(chosen.where(Attempt.attempt_id.in_(ids)))
    standings: dict[int, Any] = defaultdict(lambda: None)
    standings.update({row.attempt_id: (row.version, row.has_passed) for row in rows})
    return standings


async def _take_attempt(session: AsyncSession, state: AttemptState) -> None:
    """With the standing, although its version may say that it is known."""
    wrong = delete(Standing).where(
        Standing.user_id == state.user_id,
        Standing.assessment_id == state.assessment_id,
        Standing.version == state.standing_version,
        Standing.has_passed != state.has_passed,
    )
    await session.execute(wrong)
    await take_attempt(session, state, now=datetime.now(UTC), is_news=False)


COPIES = (
    Copy(
        "courses", "catalog", "course", CourseState, "course_id",
        Course.course_id, Course.revision, _course, _take_course, parts={"lessons": _lessons},
    ),
    Copy(
        "users", "gateway", "user", UserState, "user_id",
        User.user_id, User.revision, columns("full_name", "role", "is_active"), take_user,
    ),
    Copy(
        "certificates", "certificate", "certificate", CertificateState, "certificate_id",
        Certificate.certificate_id, Certificate.revision,
        columns("enrollment_id", "user_id", "status"), take_certificate,
    ),
    Copy(
        "assessments", "assessment", "assessment", AssessmentState, "assessment_id",
        Assessment.assessment_id, Assessment.revision,
        columns("course_id", "lesson_id", "is_required", "is_deleted"), take_assessment,
    ),
    Copy(
        "attempts", "assessment", "attempt", AttemptState, "attempt_id",
        Attempt.attempt_id, Attempt.revision, _attempt, _take_attempt, parts={"standing": _standings},
    ),
)  # fmt: skip

RECONCILIATION = Reconciliation(COPIES, recounts=(find_differences,))
