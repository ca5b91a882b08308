"""What must be remembered to tell learners each thing once, and nothing that is overtaken: pure, over many events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.push.domain import messages
from gateway.push.domain.messages import ACCESS, Message, milestone_at, of_access, user
from shared.contracts.enrollment.events import EnrollmentState, ProgressUpdated

_READING = ("active", "completed")


class Lesson(NamedTuple):
    """What a learner was last told of a lesson, at which revision of the enrollment."""

    is_completed: bool = False
    time_spent: int = 0
    revision: int = -1


class Member(NamedTuple):
    """What is known of a user in a course. A user who never was in it has no status."""

    enrollment_id: int = 0
    status: str = ""
    revision: int = -1


@dataclass
class Memory:
    """What was known before (`lessons_before` …), and what some events have added to it: `lessons` …, `messages`.

    Lessons stand by enrollment and lesson, members by course and user, milestones by enrollment.
    """

    lessons_before: Mapping[tuple[int, int], Lesson] = field(default_factory=dict)
    members_before: Mapping[tuple[int, int], Member] = field(default_factory=dict)
    milestones_before: Mapping[int, int] = field(default_factory=dict)
    lessons: dict[tuple[int, int], Lesson] = field(default_factory=dict)
    members: dict[tuple[int, int], Member] = field(default_factory=dict)
    milestones: dict[int, int] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)

    def follow_lesson(self, event: ProgressUpdated) -> bool:
        """Tell of a lesson; False, with nothing told, when something as new was told of it."""
        key = event.enrollment_id, event.lesson_id
        before = self.lessons.get(key) or self.lessons_before.get(key) or Lesson()
        if event.version <= before.revision:
            return False
        self.lessons[key] = Lesson(event.is_completed, event.time_spent, event.version)
        self.messages += messages.of_progress(
            event, was_completed=before.is_completed, time_before=before.time_spent
        )  # fmt: skip
        return True

    def follow_milestone(self, event: EnrollmentState) -> None:
        """Tell of the milestone reached, unless the learner was told of it or of a higher one."""
        key, reached = event.enrollment_id, milestone_at(event.progress_percentage)
        if reached > self.milestones.get(key, self.milestones_before.get(key, 0)):
            self.milestones[key] = reached
            self.messages.append(messages.of_milestone(event, reached))

    def follow_member(self, state: EnrollmentState) -> None:
        """Keep who is in a course, and tell their sockets when that opens it to them or closes it."""
        key = state.course_id, state.user_id
        before = self.members.get(key) or self.members_before.get(key) or Member()
        if state.version <= before.revision:
            return
        self.members[key] = Member(state.enrollment_id, state.status, state.version)
        if (before.status in _READING) != state.may_read:
            data = of_access(state.course_id, learns=state.may_read)
            self.messages.append(Message(user(state.user_id), ACCESS, data))
