"""What one attempt asks: drawn when it starts, with the key, and kept with it.

Later edits of the assessment do not touch it, so that a learner is scored by what they were asked.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict

from assessment.models import Assessment, FeedbackMode, Question, QuestionType
from assessment.schemas.configs import ShortAnswerConfig
from assessment.schemas.rubrics import RubricContent

T = TypeVar("T")


class Option(BaseModel):
    """An answer that a question offers, and whether it is right."""

    model_config = ConfigDict(frozen=True)

    answer_id: int
    answer_text: str
    is_correct: bool
    explanation: str


class Item(BaseModel):
    """A question with its key. `points × weight` is what it is worth."""

    model_config = ConfigDict(frozen=True)

    question_id: int
    question_type: QuestionType
    question_text: str
    points: int
    weight: Decimal
    explanation: str
    options: tuple[Option, ...]
    config: dict[str, Any] = {}
    """As the question's type has it, with the key; the items to match on the right in the order drawn."""

    rubric: RubricContent | None = None

    @property
    def worth(self) -> Decimal:
        return self.points * self.weight

    @property
    def is_graded_by_hand(self) -> bool:
        """Essays are, and short answers unless they are to be graded by keywords."""
        if self.question_type != "short_answer":
            return self.question_type == "essay"
        config = ShortAnswerConfig.model_validate(self.config)
        return not (config.auto_grade and config.keywords)

    @property
    def option_ids(self) -> frozenset[int]:
        return frozenset(option.answer_id for option in self.options)

    @property
    def correct_ids(self) -> frozenset[int]:
        return frozenset(option.answer_id for option in self.options if option.is_correct)


class Paper(BaseModel):
    """The questions of an attempt in the order drawn, and the rules they are scored by."""

    model_config = ConfigDict(frozen=True)

    time_limit: int
    feedback_mode: FeedbackMode
    partial_credit: bool
    penalty_fraction: Decimal
    items: tuple[Item, ...]

    @property
    def max_score(self) -> Decimal:
        return sum((item.worth for item in self.items), Decimal(0))

    def item(self, question_id: int) -> Item | None:
        return next((item for item in self.items if item.question_id == question_id), None)


def draw_paper(
    assessment: Assessment, drawn: Sequence[Question], random: Random, rubrics: Mapping[int, RubricContent]
) -> Paper:
    """The paper of a new attempt; questions and answers in a random order where the assessment says so.

    `drawn` are questions from banks, asked after the assessment's own; `rubrics` by id, as far as questions name any.
    """
    questions = _drawn([*assessment.questions, *drawn], assessment.randomize_questions, random)
    return Paper(
        time_limit=assessment.time_limit,
        feedback_mode=feedback_mode_of(assessment),
        partial_credit=assessment.partial_credit,
        penalty_fraction=assessment.penalty_fraction,
        items=tuple(_item(question, assessment.randomize_answers, random, rubrics) for question in questions),
    )


def feedback_mode_of(assessment: Assessment) -> FeedbackMode:
    """`show_results: false` means never."""
    return assessment.feedback_mode if assessment.show_results else "never"


def _item(question: Question, randomize: bool, random: Random, rubrics: Mapping[int, RubricContent]) -> Item:
    # True before False is what everybody expects.
    answers = _drawn(question.answers, randomize and question.question_type != "true_false", random)
    return Item(
        question_id=question.id,
        question_type=question.question_type,
        question_text=question.question_text,
        points=question.points,
        weight=question.weight,
        explanation=question.explanation,
        options=tuple(
            Option(
                answer_id=answer.id,
                answer_text=answer.answer_text,
                is_correct=answer.is_correct,
                explanation=answer.explanation,
            )
            for answer in answers
        ),
        config=_config(question, random),
        rubric=rubrics.get(question.config.get("rubric_id") or 0),
    )


def _config(question: Question, random: Random) -> dict[str, Any]:
    if question.question_type != "matching":
        return question.config
    # Always drawn: teachers write the right side beside the left, and its order would be the key.
    return question.config | {"right": _drawn(question.config["right"], True, random)}


def _drawn(things: Iterable[T], randomize: bool, random: Random) -> list[T]:
    things = list(things)
    return random.sample(things, len(things)) if randomize else things
