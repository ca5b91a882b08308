"""Who may read, write and moderate in a course's topics."""

from dataclasses import dataclass
from datetime import datetime

from enrollment.domain.completion import EnrollmentRequired
from enrollment.domain.courses import can_manage, can_read, is_in_course
from enrollment.models import Course, Reply, Topic
from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.errors import NotFound, PermissionDenied


@dataclass(frozen=True)
class Participant:
    """Someone in a course, as its topics know them."""

    user_id: int
    is_staff: bool


def participant_of(course: Course, caller: Identity, status: EnrollmentStatus | None) -> Participant:
    """The caller as one in the course. Raises NotFound, EnrollmentRequired (sees the course, but is not in it)."""
    if not can_read(course, caller, is_enrolled=status is not None):
        raise NotFound
    if not is_in_course(course, caller, status):
        raise EnrollmentRequired("Only those who are enrolled in a course can take part in it.")
    return Participant(caller.user_id, can_manage(course, caller))


def check_can_see(topic: Topic, participant: Participant, now: datetime) -> None:
    """Raises NotFound for an announcement whose time has not come; the staff see it."""
    if topic.publish_at is not None and topic.publish_at > now and not participant.is_staff:
        raise NotFound


def check_can_announce(participant: Participant, what: str) -> None:
    """Raises PermissionDenied."""
    if not participant.is_staff:
        raise PermissionDenied(f"Only the course's staff may {what}.")


def check_can_change(topic: Topic, participant: Participant) -> None:
    """The author while it is not locked, and the staff. Raises PermissionDenied."""
    if participant.is_staff:
        return
    if topic.user_id != participant.user_id:
        raise PermissionDenied("Only its author and the course's staff may change a topic.")
    check_is_open(topic, participant)


def check_is_open(topic: Topic, participant: Participant) -> None:
    """Raises PermissionDenied for learners in a locked topic."""
    if topic.locked and not participant.is_staff:
        raise PermissionDenied("The course's staff have locked this topic.")


def check_can_change_reply(reply: Reply, topic: Topic, participant: Participant) -> None:
    """The author while the topic is not locked, and the staff. Raises PermissionDenied."""
    if participant.is_staff:
        return
    if reply.user_id != participant.user_id:
        raise PermissionDenied("Only its author and the course's staff may change a reply.")
    check_is_open(topic, participant)


def check_can_report(reply: Reply, participant: Participant) -> None:
    """Raises PermissionDenied for one's own."""
    if reply.user_id == participant.user_id:
        raise PermissionDenied("You cannot report your own reply.")
