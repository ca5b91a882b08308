"""Who may write and read notes."""

from enrollment.domain.completion import EnrollmentRequired
from enrollment.domain.courses import can_manage, can_read, is_in_course
from enrollment.models import Course, Lesson, Note
from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.errors import NotFound, PermissionDenied


def check_can_write_note(course: Course, lesson: Lesson, author: Identity, status: EnrollmentStatus | None) -> None:
    """Raises NotFound (no such lesson, as far as the author may know) or EnrollmentRequired."""
    is_staff = can_manage(course, author)
    if not can_read(course, author, is_enrolled=status is not None) or not (lesson.is_counted or is_staff):
        raise NotFound
    if not is_in_course(course, author, status):
        raise EnrollmentRequired("Only those who are enrolled in a course can take notes in it.")


def can_read_note(note: Note, course: Course, caller: Identity, status: EnrollmentStatus | None) -> bool:
    """One's own always; those that others share while one is in the course."""
    return note.user_id == caller.user_id or (not note.is_private and is_in_course(course, caller, status))


def check_is_author(note: Note, caller: Identity) -> None:
    """Of a note that the caller may read. Raises PermissionDenied."""
    if note.user_id != caller.user_id:
        raise PermissionDenied("Only its author may change a note.")
