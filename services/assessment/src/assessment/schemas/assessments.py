"""Assessments as they are written and read."""

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, Field

from assessment.models import FeedbackMode, QuestionType, ScoringPolicy
from assessment.schemas.banks import Draw
from assessment.schemas.fields import Description, Fraction, Title, Weight
from assessment.schemas.questions import QuestionView, QuestionWrite
from shared.fields import Moment, RowId

MOST_QUESTIONS = 200
LONGEST_TIME_LIMIT = 10_080
LONGEST_COOLDOWN = 31_536_000


class AssessmentRules(BaseModel):
    """How an assessment is taken and scored.

    `time_limit` in minutes, 0 is unlimited; `passing_score` a percentage; `penalty_fraction` the share of a question's
    points that a wrong answer costs; `cooldown_first_seconds` the pause after the first attempt,
    `cooldown_next_seconds` after later ones. `show_results: false` means feedback never.
    """

    description: Description = ""
    time_limit: int = Field(default=0, ge=0, le=LONGEST_TIME_LIMIT)
    passing_score: int = Field(default=70, ge=0, le=100)
    max_attempts: int = Field(default=3, ge=1, le=1_000)
    is_required: bool = True
    randomize_questions: bool = False
    randomize_answers: bool = False
    show_results: bool = True
    feedback_mode: FeedbackMode = "after_completion"
    partial_credit: bool = False
    penalty_fraction: Fraction = Decimal(0)
    scoring_policy: ScoringPolicy = "highest"
    cooldown_first_seconds: int = Field(default=0, ge=0, le=LONGEST_COOLDOWN)
    cooldown_next_seconds: int = Field(default=0, ge=0, le=LONGEST_COOLDOWN)
    available_from: Moment | None = None
    due_date: Moment | None = None
    available_until: Moment | None = None


class AssessmentWrite(AssessmentRules):
    """A new assessment, or what one is to be: fields left out of a PUT keep their value, `questions` with them."""

    lesson: RowId
    title: Title
    questions: list[QuestionWrite] = Field(default=[], max_length=MOST_QUESTIONS)
    draws: list[Draw] = Field(default=[], max_length=20)


class AssessmentPatch(AssessmentWrite):
    """Any of the fields; only those that are sent count."""

    lesson: RowId = Field(default_factory=int)
    title: Title = Field(default_factory=str)


class AssessmentBrief(BaseModel):
    """An assessment in a list."""

    id: int
    lesson: int
    course: int
    title: str
    time_limit: int
    passing_score: int
    max_attempts: int
    is_required: bool
    available_from: datetime | None
    due_date: datetime | None
    available_until: datetime | None
    questions_count: int
    created_date: datetime
    updated_date: datetime


class AssessmentResult(BaseModel):
    """What a learner has reached, under the scoring policy. `score_percentage` is null while nothing is graded."""

    score_percentage: float | None
    passed: bool
    attempts_used: int


class QuestionAnnounced(BaseModel):
    """A question as learners may read it before they start: without answers."""

    id: int
    question_text: str
    question_type: QuestionType
    order: int
    points: int
    weight: Weight


class AssessmentView(AssessmentRules):
    """An assessment. `questions` are in full for the course's staff, who get no `result`.

    `questions_count` includes those that are drawn from banks, `max_score` does not: it depends on what is drawn.
    """

    id: int
    lesson: int
    course: int
    title: str
    questions_count: int
    max_score: float
    questions: list[QuestionView] | list[QuestionAnnounced]
    draws: list[Draw]
    result: AssessmentResult | None
    created_date: datetime
    updated_date: datetime
