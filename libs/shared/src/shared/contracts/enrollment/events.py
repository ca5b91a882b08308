"""Facts about enrollments, progress in them, reviews and topics. Of what learners write, titles of topics at most."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.erasure import UserDataErased
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


ENROLLMENT_EVENTS: tuple[type[EnrollmentEvent], ...] = (
    EnrollmentCreated,
    EnrollmentReactivated,
    EnrollmentUnenrolled,
    EnrollmentSuspended,
    EnrollmentRestored,
    EnrollmentCompleted,
)
"""All facts about an enrollment itself: whoever keeps a copy of enrollments follows them all."""


class ProgressUpdated(EnrollmentState, Event):
    """Progress in one lesson changed. `time_spent` is the lesson's total in seconds."""

    TYPE: ClassVar[str] = "enrollment.progress.updated.v1"
    KEY: ClassVar[str] = "enrollment_id"

    progress_id: int
    lesson_id: int
    is_completed: bool
    lesson_percentage: int
    time_spent: int


class ProgressRecalculated(EnrollmentEvent):
    """The percentage changed with no lesson written: by a graded attempt, or by what the course measures."""

    TYPE: ClassVar[str] = "enrollment.progress.recalculated.v1"


class PolicyChanged(Event):
    """The course's staff changed how it measures progress, or whether its lessons are learned in order."""

    TYPE: ClassVar[str] = "enrollment.policy.changed.v1"
    KEY: ClassVar[str] = "course_id"

    course_id: int
    method: Literal["lessons", "time", "assessments", "weighted"]
    sequential: bool


class ReviewState(State):
    """A review of a course, without its text. `is_approved`: the public sees it, and it counts."""

    review_id: int
    user_id: int
    course_id: int
    rating: int
    is_approved: bool


class ReviewEvent(ReviewState, Event):
    KEY: ClassVar[str] = "review_id"


class ReviewCreated(ReviewEvent):
    """A user reviewed a course."""

    TYPE: ClassVar[str] = "enrollment.review.created.v1"


class ReviewUpdated(ReviewEvent):
    """The author changed a review, or a moderator decided on it."""

    TYPE: ClassVar[str] = "enrollment.review.updated.v1"


class ReviewDeleted(ReviewEvent):
    """The author took a review back. The state is the last one, and `is_approved` false."""

    TYPE: ClassVar[str] = "enrollment.review.deleted.v1"


class RatingChanged(Event):
    """Average and count of a course's approved reviews changed."""

    TYPE: ClassVar[str] = "enrollment.rating.changed.v1"
    KEY: ClassVar[str] = "course_id"

    course_id: int
    average: float
    count: int
    histogram: dict[str, int]


class TopicState(State):
    """A topic in a course, without its body."""

    topic_id: int
    course_id: int
    lesson_id: int | None = None
    user_id: int
    kind: Literal["discussion", "question", "announcement"]
    title: str
    pinned: bool
    locked: bool
    replies_count: int
    last_activity: datetime


class TopicEvent(TopicState, Event):
    KEY: ClassVar[str] = "topic_id"


class TopicPublished(TopicEvent):
    """Those in a course see a new topic; of an announcement, once its time has come."""

    TYPE: ClassVar[str] = "enrollment.topic.published.v1"


class TopicUpdated(TopicEvent):
    """Text, pin or lock of a topic changed."""

    TYPE: ClassVar[str] = "enrollment.topic.updated.v1"


class TopicReplied(TopicEvent):
    """Someone replied. `parent_id` is the reply that was answered, null for the topic itself."""

    TYPE: ClassVar[str] = "enrollment.topic.replied.v1"

    reply_id: int
    reply_user_id: int
    parent_id: int | None = None


class TopicDeleted(TopicEvent):
    """A topic is gone, with its replies. The state is the last one."""

    TYPE: ClassVar[str] = "enrollment.topic.deleted.v1"


class EnrollmentUserDataErased(UserDataErased):
    """This service has forgotten a user who asked for it."""

    TYPE: ClassVar[str] = "enrollment.user_data.erased.v1"


EVENTS: tuple[type[Event], ...] = (
    *ENROLLMENT_EVENTS,
    ProgressUpdated,
    ProgressRecalculated,
    PolicyChanged,
    ReviewCreated,
    ReviewUpdated,
    ReviewDeleted,
    RatingChanged,
    TopicPublished,
    TopicUpdated,
    TopicReplied,
    TopicDeleted,
    EnrollmentUserDataErased,
)
