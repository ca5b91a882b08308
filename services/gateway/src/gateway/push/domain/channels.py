"""The channels: what an open socket or stream is about, and which messages it is given.

A channel's address says whose it is. What its person learns in and teaches changes while it is open.
"""

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from gateway.push.domain.messages import ALL, course, staff, user
from shared.contracts.gateway.events import Role
from shared.fields import LARGEST_ID

Kind = Literal["course", "assessment", "notifications", "instructor", "stream"]

_LEARNING = {
    "progress_update", "lesson_completed", "course_completed", "milestone", "time_tracked", "assessment_submitted",
    "assessment_graded", "certificate_issued", "attempt_time",
}  # fmt: skip
_SHARED = {"announcement", "discussion_update", "course_updated", "deadline"}
_EVERYONE = {"maintenance", "feature_announcement"}
_TEACHING = {
    "enrollment_created", "review_created", "assessment_submitted", "assessment_graded", "course_completed",
}  # fmt: skip

TYPES: dict[Kind, frozenset[str]] = {
    "course": frozenset(_LEARNING | _SHARED | _EVERYONE),
    "assessment": frozenset(("attempt_time", "assessment_submitted", "assessment_graded", "deadline")),
    "notifications": frozenset(
        {"notification", "milestone", "course_completed", "assessment_graded", "certificate_issued"}
        | _SHARED
        | _EVERYONE
    ),
    "instructor": frozenset(_TEACHING | _SHARED | _EVERYONE),
    "stream": frozenset({"notification"} | _LEARNING | _SHARED | _EVERYONE | _TEACHING),
}
"""Which messages go out on which channel."""

_ADDRESS = re.compile(
    r"/ws/(?:(course)/(\d{1,19})/user/(\d{1,19})|(assessment|notifications|instructor)/(\d{1,19}))/?", re.ASCII
)


class Address(NamedTuple):
    """What a socket's path asks for. `user_id` is None where the path names nobody."""

    kind: Kind
    user_id: int | None = None
    course_id: int | None = None
    assessment_id: int | None = None


def address_of(path: str) -> Address | None:
    """None when there is no such channel."""
    found = _ADDRESS.fullmatch(path)
    if found is None:
        return None
    ids = [int(number) for number in found.group(2, 3, 5) if number]
    if not all(0 < number <= LARGEST_ID for number in ids):
        return None
    if found.group(1):
        return Address("course", user_id=ids[1], course_id=ids[0])
    if found.group(4) == "assessment":
        return Address("assessment", assessment_id=ids[0])
    return Address("instructor" if found.group(4) == "instructor" else "notifications", user_id=ids[0])


@dataclass
class Channel:
    """What is open, and what its person may know now."""

    kind: Kind
    user_id: int
    role: Role
    course_id: int | None = None
    assessment_id: int | None = None
    learns_in: set[int] = field(default_factory=set)
    teaches: set[int] = field(default_factory=set)

    def change(self, course_id: int, *, learns: bool | None = None, teaches: bool | None = None) -> None:
        """Follow a change of the person's rights in a course. None: as before."""
        for courses, now in ((self.learns_in, learns), (self.teaches, teaches)):
            if now is not None:
                (courses.add if now else courses.discard)(course_id)

    def is_allowed(self) -> bool:
        """Whether it may stay open."""
        if self.kind == "instructor":
            return self.role != "student"
        if self.course_id is None:
            return True
        return self.course_id in self.learns_in | self.teaches

    def audiences(self) -> frozenset[str]:
        """Whose messages it may be given."""
        if self.kind == "instructor":
            courses, taught = self.teaches, self.teaches
        elif self.kind == "stream":
            courses, taught = self.learns_in | self.teaches, self.teaches
        elif self.course_id is not None:
            courses = {self.course_id}
            taught = courses & self.teaches if self.kind == "assessment" else set()
        else:
            courses, taught = self.learns_in, set()
        own = set() if self.kind == "instructor" else {user(self.user_id)}
        return frozenset({ALL} | own | set(map(course, courses)) | set(map(staff, taught)))

    def wants(self, kind: str, course_id: int | None, assessment_id: int | None) -> bool:
        """Whether a message to one of its audiences goes out on it."""
        if kind not in TYPES[self.kind]:
            return False
        if self.assessment_id is not None:
            return assessment_id == self.assessment_id
        return self.course_id is None or course_id is None or course_id == self.course_id
