"""Attempts as learners and staff see them. Fields that would tell the key are null until they may."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from assessment.models import AttemptStatus, QuestionType, SubmittedBy
from assessment.schemas.configs import LONGEST_TEXT_ANSWER, MOST_PARTS, Pair, PartId
from assessment.schemas.rubrics import RubricGrade
from shared.fields import RowId, Storable

MOST_SELECTED = 10


TextAnswer = Annotated[str, StringConstraints(max_length=LONGEST_TEXT_ANSWER), Storable]
BlankText = Annotated[str, StringConstraints(max_length=200), Storable]


class Response(BaseModel):
    """`pairs` for `matching`, `blanks` (texts by the blanks' ids) for `fill_blank`."""

    pairs: list[Pair] | None = Field(default=None, max_length=2 * MOST_PARTS)
    blanks: dict[PartId, BlankText] | None = Field(default=None, max_length=MOST_PARTS)


class Attachment(BaseModel):
    """A file attached to an answer, which `GET /api/attempt-answers/{id}/attachment/` gives."""

    file_name: str
    mime_type: str
    file_size: int


class AttemptAnswerSave(BaseModel):
    """The answer to a question, in the field that its type takes: `selected_answer_id`; for `multiple_select` the list
    `selected_answer_ids`; for `short_answer` and `essay` `text_answer`; for `matching` and `fill_blank` `response`.
    """

    attempt_id: RowId
    question_id: RowId
    selected_answer_id: RowId | None = None
    selected_answer_ids: list[RowId] | None = Field(default=None, max_length=MOST_SELECTED)
    text_answer: TextAnswer | None = None
    response: Response | None = None


class AnswerAsked(BaseModel):
    """An answer to choose."""

    id: int
    answer_text: str


class QuestionAsked(BaseModel):
    """A question of an attempt; questions and answers are in the order drawn for it.

    `config` is what one must know to answer: of `short_answer` and `essay` the lengths taken, of `fill_blank` the
    `text` and the ids of its `blanks`, of `matching` the items on the `left` and on the `right`; null for the others.
    """

    id: int
    question_text: str
    question_type: QuestionType
    order: int
    points: int
    weight: float
    answers: list[AnswerAsked]
    config: dict[str, Any] | None


class SavedAnswer(BaseModel):
    question_id: int
    selected_answer_id: int | None
    selected_answer_ids: list[int] | None
    text_answer: str | None
    response: dict[str, Any] | None
    attachment: Attachment | None
    answered_at: datetime


class AnswerExplained(BaseModel):
    """Why an answer is right or wrong."""

    answer_id: int
    explanation: str


class AnswerResult(BaseModel):
    """What became of an answer. `points` is what the question is worth. What may not be told is null.

    `correct_response` is the key of the types without `correct_answer_ids`, in the form of an answer; of a blank it is
    the text accepted for most points, of `short_answer` its `keywords`. `points_earned` is null also while a person
    has yet to grade. `id` is the saved answer's, null where there is none.
    """

    id: int | None
    question_id: int
    points: float
    points_earned: float | None
    is_correct: bool | None
    feedback: str | None
    rubric_grades: list[RubricGrade] | None
    explanation: str | None
    selected_answer_id: int | None
    selected_answer_ids: list[int] | None
    text_answer: str | None
    response: dict[str, Any] | None
    attachment: Attachment | None
    correct_answer_ids: list[int] | None
    correct_response: dict[str, Any] | None
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
    """An attempt in a list. Scores and `passed` are null until it is graded; `time_taken` in seconds.

    `previous_score` is the score before it was last graded anew.
    """

    id: int
    assessment: int
    user: int
    attempt_number: int
    status: AttemptStatus
    score: float | None
    previous_score: float | None
    max_score: float
    score_percentage: float | None
    passed: bool | None
    start_time: datetime
    end_time: datetime | None
    expires_at: datetime | None
    time_taken: int | None
    submitted_by: SubmittedBy | None


class AttemptView(AttemptBrief):
    """An attempt with its questions, what was saved, and as much of the results as may be told.

    `ip_address` and `user_agent`, from where it was started, are for staff; null for learners.
    """

    time_limit: int
    server_time: datetime
    ip_address: str | None
    user_agent: str | None
    questions: list[QuestionAsked]
    saved_answers: list[SavedAnswer]
    answers: list[AnswerResult]
