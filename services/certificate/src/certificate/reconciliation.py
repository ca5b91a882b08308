"""The copies held against their owners, and certificates against completions (`shared.reconcile`)."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.commands.completions import bring_forward, note_completion
from certificate.models import Assessment, Attempt, Completion, Course, User
from shared.contracts.assessment.events import AssessmentState, AttemptState
from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import EnrollmentState
from shared.contracts.gateway.events import UserState
from shared.reconcile import Check, Copy, Reconciliation, columns

_COURSE = ("slug", "title", "level", "duration_minutes", "has_certificate", "is_deleted")


def _course(state: CourseState) -> dict[str, Any]:
    return {name: getattr(state, name) for name in _COURSE} | {"staff": [member.model_dump() for member in state.staff]}


def _attempt(state: AttemptState) -> dict[str, Any] | None:
    """Only graded ones are kept. What each said of the standing is history: assessment is asked before a certificate is
    issued.
    """
    return {"user_id": state.user_id, "assessment_id": state.assessment_id} if state.status == "graded" else None


def _completion(state: EnrollmentState) -> dict[str, Any] | None:
    return {"user_id": state.user_id, "course_id": state.course_id} if state.completion_date is not None else None


async def _take_course(session: AsyncSession, state: CourseState) -> None:
    if await store.take_course(session, state):
        await bring_forward(session, course_id=state.course_id, now=datetime.now(UTC))


async def _take_user(session: AsyncSession, state: UserState) -> None:
    if await store.take_user(session, state):
        await bring_forward(session, user_id=state.user_id, now=datetime.now(UTC))


async def _take_assessment(session: AsyncSession, state: AssessmentState) -> None:
    if await store.take_assessment(session, state):
        await bring_forward(session, course_id=state.course_id, now=datetime.now(UTC))


async def _take_attempt(session: AsyncSession, state: AttemptState) -> None:
    if await store.take_attempt(session, state):
        await bring_forward(session, user_id=state.user_id, course_id=state.course_id, now=datetime.now(UTC))


async def _take_completion(session: AsyncSession, state: EnrollmentState) -> None:
    if state.completion_date is not None:
        await note_completion(session, state, state.completion_date, now=datetime.now(UTC))


COPIES = (
    Copy(
        "courses", "catalog", "course", CourseState, "course_id",
        Course.course_id, Course.revision, _course, _take_course,
    ),
    Copy(
        "users", "gateway", "user", UserState, "user_id",
        User.user_id, User.revision, columns("full_name"), _take_user,
    ),
    Copy(
        "assessments", "assessment", "assessment", AssessmentState, "assessment_id",
        Assessment.assessment_id, Assessment.revision,
        columns("course_id", "is_required", "is_deleted"), _take_assessment,
    ),
    Copy(
        "attempts", "assessment", "attempt", AttemptState, "attempt_id",
        Attempt.attempt_id, Attempt.revision, _attempt, _take_attempt,
    ),
    Copy(
        "completions", "enrollment", "enrollment", EnrollmentState, "enrollment_id",
        Completion.enrollment_id, Completion.revision, _completion, _take_completion,
    ),
)  # fmt: skip

CHECKS = (
    Check(
        "certificates",
        "SELECT format('enrollment %s was completed and has none', enrollment_id) FROM completions"
        " WHERE state = 'issued' AND NOT EXISTS"
        " (SELECT 1 FROM certificates WHERE certificates.enrollment_id = completions.enrollment_id)"
        " ORDER BY enrollment_id",
    ),
    Check(
        "certificates",
        "SELECT format('enrollment %s has %s that none takes the place of', enrollment_id, count(*))"
        " FROM certificates WHERE status <> 'superseded' GROUP BY enrollment_id HAVING count(*) > 1"
        " ORDER BY enrollment_id",
    ),
    Check(
        "certificates",
        "SELECT format('%s is for enrollment %s, which was not completed', id, enrollment_id) FROM certificates"
        " WHERE NOT EXISTS"
        " (SELECT 1 FROM completions WHERE completions.enrollment_id = certificates.enrollment_id) ORDER BY id",
    ),
)

RECONCILIATION = Reconciliation(COPIES, CHECKS)
