"""Facts about assessments and attempts at them. Nothing here tells a right answer."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.erasure import UserDataErased
from shared.contracts.event import Event, State


class AssessmentState(State):
    """An assessment on a lesson. `passing_score` is a percentage 0–100."""

    assessment_id: int
    course_id: int
    lesson_id: int
    title: str
    is_required: bool
    passing_score: int
    questions_count: int
    is_deleted: bool
    due_date: datetime | None = None
    available_until: datetime | None = None


class AssessmentEvent(AssessmentState, Event):
    KEY: ClassVar[str] = "assessment_id"


class AssessmentCreated(AssessmentEvent):
    """A lesson has an assessment."""

    TYPE: ClassVar[str] = "assessment.assessment.created.v1"


class AssessmentUpdated(AssessmentEvent):
    """Settings or questions changed; attempts under way keep what they were asked."""

    TYPE: ClassVar[str] = "assessment.assessment.updated.v1"


class AssessmentDeleted(AssessmentEvent):
    """The assessment is gone; attempts at it stay."""

    TYPE: ClassVar[str] = "assessment.assessment.deleted.v1"


class AttemptState(State):
    """One learner's attempt. Scores are numbers with two decimals; `score_percentage` 0–100.

    `passed` is null until the attempt is graded, `expires_at` without a time limit. `has_passed` is the learner's
    standing in the assessment over all attempts, under its scoring policy; `standing_version` grows with each change of
    what the standing follows from, over all of the learner's attempts at it, so the standing with the highest is the
    present one.
    """

    attempt_id: int
    attempt_number: int
    assessment_id: int
    course_id: int
    lesson_id: int
    user_id: int
    status: Literal["in_progress", "pending_review", "graded"]
    score: float | None = None
    max_score: float
    score_percentage: float | None = None
    passed: bool | None = None
    has_passed: bool
    standing_version: int = 0
    start_time: datetime
    end_time: datetime | None = None
    expires_at: datetime | None = None
    submitted_by: Literal["user", "system"] | None = None


class AttemptEvent(AttemptState, Event):
    KEY: ClassVar[str] = "attempt_id"


class AttemptStarted(AttemptEvent):
    """A learner began an attempt; its clock runs."""

    TYPE: ClassVar[str] = "assessment.attempt.started.v1"


class AttemptExtended(AttemptEvent):
    """The learner was granted more time while the attempt runs: `expires_at` is later."""

    TYPE: ClassVar[str] = "assessment.attempt.extended.v1"


class AttemptSubmitted(AttemptEvent):
    """The attempt is closed, and waits for a person to grade it."""

    TYPE: ClassVar[str] = "assessment.attempt.submitted.v1"


class AttemptGraded(AttemptEvent):
    """The attempt has its score, whether by machine at once, by a person, or anew after a regrade.

    Also told of a learner's latest attempt when a change of the assessment's scoring policy changed the standing.
    """

    TYPE: ClassVar[str] = "assessment.attempt.graded.v1"


class AssessmentUserDataErased(UserDataErased):
    """This service has forgotten a user who asked for it."""

    TYPE: ClassVar[str] = "assessment.user_data.erased.v1"


EVENTS: tuple[type[Event], ...] = (
    AssessmentCreated,
    AssessmentUpdated,
    AssessmentDeleted,
    AttemptStarted,
    AttemptExtended,
    AttemptSubmitted,
    AttemptGraded,
    AssessmentUserDataErased,
)
