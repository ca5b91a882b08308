"""Facts about enrollments and the progress in them."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.event import Event, State

EnrollmentStatus = Literal["active", "completed", "dropped", "suspended", "unenrolled"]


class EnrollmentState(State):
    """One user's enrollment in one course. Percentages are whole numbers 0–100, floored; times in UTC."""

    enrollment_id: int
    user_id: int
    course_id: int
    status: EnrollmentStatus
    progress_percentage: int
    completed_lessons: int
    total_lessons: int
    completion_date: datetime | None = None
    created_date: datetime

    @property
    def may_read(self) -> bool:
        """Whether this enrollment opens the course's full content."""
        return self.status in ("active", "completed")


class EnrollmentEvent(EnrollmentState, Event):
    KEY: ClassVar[str] = "enrollment_id"


class EnrollmentCreated(EnrollmentEvent):
    """A user enrolled for the first time."""

    TYPE: ClassVar[str] = "enrollment.enrollment.created.v1"


class EnrollmentReactivated(EnrollmentEvent):
    """A user came back to an enrollment given up before, with the progress kept."""

    TYPE: ClassVar[str] = "enrollment.enrollment.reactivated.v1"


class EnrollmentUnenrolled(EnrollmentEvent):
    """A user gave the enrollment up."""

    TYPE: ClassVar[str] = "enrollment.enrollment.unenrolled.v1"


class EnrollmentSuspended(EnrollmentEvent):
    """The course's staff shut a learner out for a time."""

    TYPE: ClassVar[str] = "enrollment.enrollment.suspended.v1"


class EnrollmentRestored(EnrollmentEvent):
    """The course's staff let a suspended learner back in."""

    TYPE: ClassVar[str] = "enrollment.enrollment.restored.v1"


class EnrollmentCompleted(EnrollmentEvent):
    """Everything the course requires is done. Happens once for each enrollment."""

    TYPE: ClassVar[str] = "enrollment.enrollment.completed.v1"


class ProgressUpdated(EnrollmentState, Event):
    """Progress in one lesson changed. `time_spent` is the lesson's total in seconds."""

    TYPE: ClassVar[str] = "enrollment.progress.updated.v1"
    KEY: ClassVar[str] = "enrollment_id"

    progress_id: int
    lesson_id: int
    is_completed: bool
    lesson_percentage: int
    time_spent: int


class RatingChanged(Event):
    """Average and count of a course's approved reviews changed."""

    TYPE: ClassVar[str] = "enrollment.rating.changed.v1"
    KEY: ClassVar[str] = "course_id"

    course_id: int
    average: float
    count: int
    histogram: dict[str, int]


EVENTS: tuple[type[Event], ...] = (
    EnrollmentCreated,
    EnrollmentReactivated,
    EnrollmentUnenrolled,
    EnrollmentSuspended,
    EnrollmentRestored,
    EnrollmentCompleted,
    ProgressUpdated,
    RatingChanged,
)
