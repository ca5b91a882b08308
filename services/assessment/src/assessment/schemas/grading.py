"""Grading by hand."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainSerializer, StringConstraints

from assessment.models import AttemptStatus, QuestionType
from assessment.schemas.attempts import Attachment
from assessment.schemas.rubrics import MOST_CRITERIA, RubricContent, RubricGrade
from shared.fields import Storable

Feedback = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000), Storable]
Earned = Annotated[
    Decimal,
    Field(ge=0, le=100_000, decimal_places=2),
    PlainSerializer(float, return_type=float, when_used="json"),
]


class GradeWrite(BaseModel):
    """`points_earned`, or `rubric_grades` with one for each criterion, from which the points follow: what was reached
    of the rubric's points, as a share of the question's. If both are given, `points_earned` counts.
    """

    points_earned: Earned | None = None
    feedback: Feedback = ""
    rubric_grades: list[RubricGrade] | None = Field(default=None, max_length=MOST_CRITERIA)


class GradeView(BaseModel):
    """A graded answer. `points` is what the question is worth; the attempt's `score` is null until all is graded."""

    id: int
    attempt: int
    question: int
    points: float
    points_earned: float
    is_correct: bool
    feedback: str
    rubric_grades: list[RubricGrade] | None
    graded_by: int
    graded_at: datetime
    status: AttemptStatus
    score: float | None
    max_score: float
    passed: bool | None


class QuestionToGrade(BaseModel):
    id: int
    question_text: str
    question_type: QuestionType
    points: float
    """What it is worth."""
    rubric: RubricContent | None


class QueueEntry(BaseModel):
    """An answer that waits for its grade, which `PUT /api/attempt-answers/{id}/grade/` gives."""

    id: int
    attempt: int
    attempt_number: int
    assessment: int
    assessment_title: str
    course: int
    user: int
    question: QuestionToGrade
    text_answer: str | None
    response: dict[str, Any] | None
    attachment: Attachment | None
    answered_at: datetime
    submitted_at: datetime
