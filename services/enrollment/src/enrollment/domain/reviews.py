"""Who may see and change a review, and when the public sees it."""

from enrollment.domain.courses import can_manage, can_read
from enrollment.models import Course, Review, ReviewStatus
from shared.auth import Identity
from shared.errors import NotFound, PermissionDenied, Refusal


class AlreadyReviewed(Refusal):
    code = "ALREADY_REVIEWED"
    message = "You have reviewed this course. Change your review instead."


def status_when_written(*, is_premoderated: bool, was_rejected: bool) -> ReviewStatus:
    """Approved at once, unless moderators look first, or have rejected what the author wrote of the course before."""
    return "pending" if is_premoderated or was_rejected else "approved"


def status_after_edit(status: ReviewStatus, *, is_premoderated: bool) -> ReviewStatus:
    """Text that moderators hid stays hidden until they see what became of it; an approved one stays visible."""
    return "approved" if status == "approved" and not is_premoderated else "pending"


def can_see(review: Review, course: Course, caller: Identity | None, *, is_enrolled: bool) -> bool:
    """Authors see their own, moderators all; others the approved ones of courses that they can see."""
    if caller is not None and caller.user_id == review.user_id:
        return True
    if caller is not None and can_manage(course, caller) and not course.is_deleted:
        return True
    return review.status == "approved" and can_read(course, caller, is_enrolled=is_enrolled)


def check_is_author(review: Review, caller: Identity) -> None:
    """Of a review that the caller sees. Raises PermissionDenied."""
    if review.user_id != caller.user_id:
        raise PermissionDenied("Only its author may change a review.")


def check_can_moderate(course: Course, caller: Identity) -> None:
    """Of a review that the caller sees. Raises NotFound, PermissionDenied."""
    if course.is_deleted:
        raise NotFound
    if not can_manage(course, caller):
        raise PermissionDenied("Only the course's staff may moderate its reviews.")


def check_can_vote(review: Review, voter: Identity) -> None:
    """Raises PermissionDenied for one's own review, NotFound for one that the public does not see."""
    if review.user_id == voter.user_id:
        raise PermissionDenied("You cannot vote for your own review.")
    if review.status != "approved":
        raise NotFound
