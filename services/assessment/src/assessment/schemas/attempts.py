"""Attempts as learners and staff see them. Fields that would tell the key are null until they may."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from assessment.models import AttemptStatus, QuestionType, SubmittedBy
from shared.fields import RowId

MOST_SELECTED = 10


class AttemptAnswerSave(BaseModel):
    """The answer to a question: `selected_answer_id`, or for `multiple_select` the list `selected_answer_ids`."""

    attempt_id: RowId
    question_id: RowId
    selected_answer_id: RowId | None = None
    selected_answer_ids: list[RowId] | None = Field(default=None, max_length=MOST_SELECTED)


class AnswerAsked(BaseModel):
    """An answer to choose."""

    id: int
    answer_text: str


class QuestionAsked(BaseModel):
    """A question of an attempt; questions and answers are in the order drawn for it."""

    id: int
    question_text: str
    question_type: QuestionType
    order: int
    points: int
    weight: float
    answers: list[AnswerAsked]


class SavedAnswer(BaseModel):
    question_id: int
    selected_answer_id: int | None
    selected_answer_ids: list[int] | None
    text_answer: str | None
    response: dict[str, Any] | None
    answered_at: datetime


class AnswerExplained(BaseModel):
    """Why an answer is right or wrong."""

    answer_id: int
    explanation: str


class AnswerResult(BaseModel):
    """What became of an answer. `points` is what the question is worth. What may not be told is null."""

    question_id: int
    points: float
    points_earned: float | None
    is_correct: bool | None
    feedback: str | None
    explanation: str | None
    selected_answer_id: int | None
    selected_answer_ids: list[int] | None
    text_answer: str | None
    response: dict[str, Any] | None
    correct_answer_ids: list[int] | None
    answer_explanations: list[AnswerExplained] | None


class AttemptAnswerView(SavedAnswer):
    """A saved answer. `result` is given at once where the feedback is immediate, else null."""

    id: int
    attempt_id: int
    result: AnswerResult | None


class AttemptStart(BaseModel):
    """An attempt under way. `expires_at` is null when unlimited (`time_limit` 0, in minutes)."""

    attempt_id: int
    attempt_number: int
    start_time: datetime
    expires_at: datetime | None
    server_time: datetime
    time_limit: int
    max_score: float
    questions: list[QuestionAsked]
    saved_answers: list[SavedAnswer]


class AttemptBrief(BaseModel):
    """An attempt in a list. Scores and `passed` are null until it is graded; `time_taken` in seconds."""

    id: int
    assessment: int
    user: int
    attempt_number: int
    status: AttemptStatus
    score: float | None
    max_score: float
    score_percentage: float | None
    passed: bool | None
    start_time: datetime
    end_time: datetime | None
    expires_at: datetime | None
    time_taken: int | None
    submitted_by: SubmittedBy | None


class AttemptView(AttemptBrief):
    """An attempt with its questions, what was saved, and as much of the results as may be told."""

    time_limit: int
    server_time: datetime
    questions: list[QuestionAsked]
    saved_answers: list[SavedAnswer]
    answers: list[AnswerResult]
