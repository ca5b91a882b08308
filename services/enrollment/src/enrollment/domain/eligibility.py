"""Who may enroll in what, and when."""

from datetime import datetime

from enrollment.domain.courses import can_manage, price_at
from enrollment.models import Course
from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.errors import NotFound, Refusal

GIVEN_UP: tuple[EnrollmentStatus, ...] = ("unenrolled", "dropped")
"""Enrollments that are over, and can be taken up again."""


class AlreadyEnrolled(Refusal):
    code = "ALREADY_ENROLLED"
    message = "You are already enrolled in this course."


class CourseNotAvailable(Refusal):
    code = "COURSE_NOT_AVAILABLE"
    message = "This course is not open for enrollment."


class SubscriptionRequired(Refusal):
    code = "SUBSCRIPTION_REQUIRED"
    message = "This course needs an active premium subscription."


def check_eligible(
    course: Course,
    learner: Identity,
    existing: EnrollmentStatus | None,
    now: datetime,
    *,
    is_invited: bool = False,
) -> None:
    """Whether the learner may enroll now; `existing` is the status of the enrollment there is.

    A suspended enrollment is one too: nobody gets around it by enrolling anew. A course without a price at this moment
    is open to all; another needs an active premium subscription, save for the course's staff, administrators and
    those whom the staff invite.
    Raises AlreadyEnrolled, NotFound (deleted, or a draft of others), CourseNotAvailable or SubscriptionRequired.
    """
    if existing is not None and existing not in GIVEN_UP:
        raise AlreadyEnrolled
    if course.is_deleted or (course.is_draft and not can_manage(course, learner)):
        raise NotFound
    if course.is_draft or not course.is_published:
        raise CourseNotAvailable
    if price_at(course, now) > 0 and not (learner.is_premium or is_invited or can_manage(course, learner)):
        raise SubscriptionRequired
