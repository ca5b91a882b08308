"""All that is held about one user, as they are given it."""

from datetime import datetime

from pydantic import BaseModel

from assessment.schemas.attempts import AnswerResult, AttemptBrief, QuestionAsked
from assessment.schemas.overrides import OverrideView
from assessment.schemas.rubrics import RubricView


class AttemptExport(AttemptBrief):
    """An attempt with what was asked and answered, and as much of the results as the user may be told."""

    assessment_title: str
    ip_address: str | None
    user_agent: str
    questions: list[QuestionAsked]
    answers: list[AnswerResult]


class EnrollmentExport(BaseModel):
    """What is known here of an enrollment."""

    id: int
    course: int
    status: str


class StandingExport(BaseModel):
    assessment: int
    has_passed: bool | None


class UserExport(BaseModel):
    """The latest of each; `attempts_count` says how many attempts there are in all."""

    exported_at: datetime
    attempts_count: int
    attempts: list[AttemptExport]
    standings: list[StandingExport]
    overrides: list[OverrideView]
    rubrics: list[RubricView]
    enrollments: list[EnrollmentExport]
