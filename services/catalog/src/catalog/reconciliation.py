"""The catalog's copies, and what is counted from them, held against their owners (`shared.reconcile`)."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.commands.copies import take_assessment, take_enrollment, take_policy, take_rating, take_user
from catalog.models import Course, Enrollment, LessonAssessment, User
from catalog.store.listed import COUNT
from shared.contracts.assessment.events import AssessmentState
from shared.contracts.enrollment.events import EnrollmentState, PolicyChanged, RatingChanged
from shared.contracts.gateway.events import UserState
from shared.reconcile import Check, Copy, Reconciliation, columns


async def _take_user(session: AsyncSession, state: UserState) -> None:
    await take_user(session, state, now=datetime.now(UTC))


def _rating(state: RatingChanged) -> dict[str, Any]:
    return {"avg_rating": state.average, "total_reviews": state.count}


def _policy(state: PolicyChanged) -> dict[str, Any]:
    return {"is_sequential": state.sequential}


COPIES = (
    Copy(
        "users", "gateway", "user", UserState, "user_id",
        User.user_id, User.revision, columns("full_name", "role", "is_active"), _take_user,
    ),
    Copy(
        "enrollments", "enrollment", "enrollment", EnrollmentState, "enrollment_id",
        Enrollment.enrollment_id, Enrollment.revision,
        columns("user_id", "course_id", "status"), take_enrollment,
    ),
    Copy(
        "ratings", "enrollment", "rating", RatingChanged, "course_id",
        Course.id, Course.rating_revision, _rating, take_rating,
    ),
    Copy(
        "policies", "enrollment", "policy", PolicyChanged, "course_id",
        Course.id, Course.policy_revision, _policy, take_policy,
    ),
    Copy(
        "lesson_assessments", "assessment", "assessment", AssessmentState, "assessment_id",
        LessonAssessment.assessment_id, LessonAssessment.revision,
        columns("lesson_id", "is_deleted"), take_assessment,
    ),
)  # fmt: skip

_COUNTED = """
    SELECT courses.id, enrolled_students_count AS stands, count(enrollments.enrollment_id) AS counted
    FROM courses LEFT JOIN enrollments
        ON enrollments.course_id = courses.id AND enrollments.status IN ('active', 'completed')
    GROUP BY courses.id
"""
_LISTED = f"""
    SELECT ({COUNT}) AS stands, (SELECT count(*) FROM courses WHERE is_published AND NOT is_deleted) AS counted
"""  # noqa: S608

CHECKS = (
    Check(
        "courses",
        f"SELECT format('course %s: %s learners, its rows come to %s', id, stands, counted)"  # noqa: S608
        f" FROM ({_COUNTED}) AS held WHERE stands <> counted ORDER BY id",
        f"UPDATE courses SET enrolled_students_count = counted"  # noqa: S608
        f" FROM ({_COUNTED}) AS held WHERE held.id = courses.id AND stands <> counted",
    ),
    Check(
        "listed_changes",
        f"SELECT format('%s courses listed, its rows come to %s', stands, counted) FROM ({_LISTED}) AS held"  # noqa: S608
        " WHERE stands <> counted",
        f"INSERT INTO listed_changes (change) SELECT counted - stands FROM ({_LISTED}) AS held"  # noqa: S608
        " WHERE stands <> counted",
    ),
)

RECONCILIATION = Reconciliation(COPIES, CHECKS)
