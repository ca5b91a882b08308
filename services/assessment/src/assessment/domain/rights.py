"""Who may do what with an assessment."""

from collections.abc import Collection
from dataclasses import dataclass

from shared.auth import Identity
from shared.errors import NotFound, PermissionDenied, Refusal


class EnrollmentRequired(Refusal):
    code = "ENROLLMENT_REQUIRED"
    message = "Enroll in the course first."


@dataclass(frozen=True)
class Access:
    """What a user is to an assessment's course. Administrators count as staff everywhere."""

    course_id: int
    is_staff: bool
    is_enrolled: bool
    is_published: bool


def is_staff(user: Identity, staff: Collection[int]) -> bool:
    return user.is_administrator or user.user_id in staff


def check_may_edit(access: Access | None) -> None:
    """The course's staff may. Others are told that it exists only if they may see it."""
    if access is None or not (access.is_staff or access.is_enrolled or access.is_published):
        raise NotFound
    if not access.is_staff:
        raise PermissionDenied("Only the instructors of the course may change its assessments.")


def check_may_grade(access: Access | None, *, is_own: bool) -> None:
    """The course's staff may. To others, other people's attempts do not exist."""
    if access is not None and access.is_staff:
        return
    if is_own:
        raise PermissionDenied("Only the instructors of the course may grade.")
    raise NotFound


def check_may_read(access: Access | None) -> Access:
    """The course's staff may, and the enrolled, whom an unpublished course stays open to."""
    if access is None or not (access.is_staff or access.is_enrolled or access.is_published):
        raise NotFound
    if not (access.is_staff or access.is_enrolled):
        raise EnrollmentRequired
    return access


def check_may_attempt(access: Access | None) -> Access:
    """Only the enrolled may: attempts count, and staff know the key."""
    access = check_may_read(access)
    if not access.is_enrolled:
        raise EnrollmentRequired
    return access
