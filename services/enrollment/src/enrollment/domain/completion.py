"""How far an enrollment is, and what its status becomes."""

from enrollment.domain.eligibility import GIVEN_UP
from enrollment.domain.policies import is_done, parts_of, percentage
from enrollment.models import Enrollment, ProgressPolicy
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.errors import Invalid, PermissionDenied, Refusal


class EnrollmentRequired(Refusal):
    code = "ENROLLMENT_REQUIRED"
    message = "You are no longer enrolled in this course. Enroll again to go on."


def percentage_of(enrollment: Enrollment, policy: ProgressPolicy | None) -> int:
    """How far an enrollment is. Once complete, it stays at 100, also when lessons are added."""
    if enrollment.completion_date is not None:
        return 100
    return percentage(parts_of(policy, enrollment))


def is_due(enrollment: Enrollment, policy: ProgressPolicy | None) -> bool:
    """Whether an enrollment is to become complete: active, everything done, and never complete before."""
    is_open = enrollment.status == "active" and enrollment.completion_date is None
    return is_open and is_done(parts_of(policy, enrollment))


def status_taken_up(enrollment: Enrollment) -> EnrollmentStatus:
    """The status when a learner comes back or is let back in."""
    return "active" if enrollment.completion_date is None else "completed"


def check_can_learn(enrollment: Enrollment) -> None:
    """Whether progress may be written. Raises PermissionDenied while suspended, EnrollmentRequired after giving up."""
    if enrollment.status == "suspended":
        raise PermissionDenied("Your enrollment in this course is suspended.")
    if enrollment.status in GIVEN_UP:
        raise EnrollmentRequired


def check_can_unenroll(enrollment: Enrollment) -> None:
    """Raises PermissionDenied while suspended: giving up and coming back must not lift a suspension."""
    if enrollment.status == "suspended":
        raise PermissionDenied("Your enrollment in this course is suspended.")


def check_can_be_managed(enrollment: Enrollment) -> None:
    """Raises Invalid for an enrollment that its learner gave up: there is nothing to suspend or restore."""
    if enrollment.status in GIVEN_UP:
        raise Invalid(status=f"The learner has given this enrollment up (status {enrollment.status}).")
