"""Questions and their answers, as the course's staff write and read them: with the key."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from assessment.models import QuestionType
from assessment.schemas.configs import QuestionConfig
from assessment.schemas.fields import AnswerText, Explanation, QuestionText, Weight
from shared.fields import RowId

MOST_ORDER = 1_000_000


class AnswerWrite(BaseModel):
    """`id` names an answer that the question has already; without it a new one is made."""

    id: RowId | None = None
    answer_text: AnswerText
    is_correct: bool = False
    explanation: Explanation = ""
    order: int | None = Field(default=None, ge=0, le=MOST_ORDER)


class QuestionWrite(BaseModel):
    """A whole question. `id` names one that the assessment has already; `order` left out is the next one."""

    id: RowId | None = None
    question_text: QuestionText
    question_type: QuestionType
    order: int | None = Field(default=None, ge=0, le=MOST_ORDER)
    points: int = Field(default=1, ge=1, le=1_000)
    weight: Weight = Field(default=1, validate_default=True)
    explanation: Explanation = ""
    config: QuestionConfig = QuestionConfig()
    answers: list[AnswerWrite] = Field(default=[], max_length=10)


class QuestionCreate(QuestionWrite):
    """A question of an assessment, or of a bank: give one of the two."""

    assessment: RowId | None = None
    bank: RowId | None = None


class QuestionPatch(QuestionWrite):
    """Any of the fields; only those that are sent count."""

    question_text: QuestionText = Field(default_factory=str)
    question_type: QuestionType = "multiple_choice"


class AnswerCreate(AnswerWrite):
    """An answer for a question to offer."""

    question: RowId


class AnswerPatch(AnswerWrite):
    """Any of the fields; only those that are sent count."""

    answer_text: AnswerText = Field(default_factory=str)


class AnswerView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    answer_text: str
    is_correct: bool
    explanation: str
    order: int


class QuestionView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    question_text: str
    question_type: QuestionType
    order: int
    points: int
    weight: Weight
    explanation: str
    config: dict[str, Any]
    answers: list[AnswerView]


class QuestionDetail(QuestionView):
    """A question by itself."""

    assessment: int | None
    bank: int | None


class AnswerDetail(AnswerView):
    """An answer by itself."""

    question: int
