"""A whole assessment with its right answers, as it travels in a course's archive.

Only two messages carry it: `catalog.assessment.imported.v1`, from which the assessment service makes the assessment,
and that service's answer to `GET /internal/courses/{course_id}/assessments/`, from which the catalog writes an archive.
"""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Content(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class AnswerContent(Content):
    answer_text: str
    is_correct: bool
    order: int
    explanation: str = ""


class QuestionContent(Content):
    """`question_type` and `config` as in the public API; `order` from 1."""

    question_text: str
    question_type: str
    order: int
    points: int = 1
    weight: Decimal = Decimal(1)
    explanation: str = ""
    config: dict[str, Any] = {}
    answers: list[AnswerContent] = []


class AssessmentContent(Content):
    """`rules` has the public API's other fields of an assessment (`time_limit`, `passing_score`, …); those left out
    have their defaults. Questions drawn from banks do not travel: `draws` stays behind.
    """

    lesson_id: int
    title: str
    rules: dict[str, Any] = Field(default={})
    questions: list[QuestionContent]
