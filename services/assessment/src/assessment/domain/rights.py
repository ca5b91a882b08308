"""Who may do what with an assessment. The whole of it by caller is a table: `tests/routes/test_permissions.py`.

The course's staff write, grade and see everything in it; its learners take attempts, and see their own. Which rows a
list holds is said in the same words in `store.py`: `oversees`, `learns`, `owns`.
"""

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


def may_build(user: Identity, staff: Collection[int], *, is_published: bool) -> bool:
    """Whether something may be made in a course; False where the user is not to know of it. Raises PermissionDenied."""
    if is_staff(user, staff):
        return True
    if is_published:
        raise PermissionDenied("Only the instructors of the course may make this in it.")
    return False


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


def check_may_read_attempt(access: Access | None, *, is_own: bool) -> bool:
    """Its learner and the course's staff may; True for staff, who are told everything. Raises NotFound."""
    if access is None or not (access.is_staff or is_own):
        raise NotFound
    return access.is_staff


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
