"""The copies held against their owners (`shared.reconcile`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies.models import Course, CourseMember, CourseStaff
from gateway.copies.store import take_course, take_enrollment
from gateway.push.models import PushAssessment, PushAttempt
from gateway.push.store import take_assessment, take_attempt
from shared.contracts.assessment.events import AssessmentState, AttemptState
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentState
from shared.reconcile import Copy, Reconciliation, columns


def _course(state: CourseState) -> dict[str, Any]:
    values = {name: getattr(state, name) for name in ("title", "slug", "is_published", "is_deleted")}
    return values | {"staff": {member.user_id: member.is_lead for member in state.staff}}


async def _staff(session: AsyncSession, ids: Sequence[int]) -> Mapping[int, Any]:
    staff: dict[int, dict[int, bool]] = {id_: {} for id_ in ids}
    chosen = select(CourseStaff.course_id, CourseStaff.user_id, CourseStaff.is_lead)
    for row in await session.execute(chosen.where(CourseStaff.course_id.in_(ids))):
        staff[row.course_id][row.user_id] = row.is_lead
    return staff


def _members_of(states: Sequence[EnrollmentState]) -> Any:
    pairs = [(state.course_id, state.user_id) for state in states]
    return tuple_(CourseMember.course_id, CourseMember.user_id).in_(pairs)


COPIES = (
    Copy(
        "courses", "catalog", "course", CourseState, "course_id",
        Course.course_id, Course.revision, _course, take_course, parts={"staff": _staff},
    ),
    Copy(
        "course_members", "enrollment", "enrollment", EnrollmentState, "enrollment_id",
        CourseMember.enrollment_id, CourseMember.revision,
        columns("user_id", "course_id", "status"), take_enrollment, find=_members_of,
    ),
    Copy(
        "push_assessments", "assessment", "assessment", AssessmentState, "assessment_id",
        PushAssessment.assessment_id, PushAssessment.revision,
        columns("course_id", "lesson_id", "title", "due_date", "is_deleted"), take_assessment,
    ),
    Copy(
        "push_attempts", "assessment", "attempt", AttemptState, "attempt_id",
        PushAttempt.attempt_id, PushAttempt.revision,
        columns("user_id", "assessment_id", "status", "expires_at"), take_attempt,
    ),
)  # fmt: skip

RECONCILIATION = Reconciliation(COPIES)
