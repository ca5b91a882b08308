"""A whole assessment as it travels in a course's archive, and what of one that arrives can be taken."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from assessment.domain.questions import faults_of
from assessment.models import Assessment, Question
from assessment.schemas.assessments import MOST_QUESTIONS, AssessmentRules, AssessmentWrite
from assessment.schemas.fields import Title
from assessment.schemas.questions import QuestionWrite
from shared.contracts.assessment.content import AnswerContent, AssessmentContent, QuestionContent
from shared.fields import RowId

UNTITLED = "Assessment"

_TITLE: TypeAdapter[str] = TypeAdapter(Title)
_ID: TypeAdapter[int] = TypeAdapter(RowId)

Faults = list[str]
"""What was left out, and why, in sentences for the log."""


def content_of(assessment: Assessment) -> AssessmentContent:
    """The assessment with its key. What it draws from banks, and rubrics, which are their makers' own, stay behind."""
    rules = AssessmentRules.model_validate(assessment, from_attributes=True)
    return AssessmentContent(
        lesson_id=assessment.lesson_id,
        title=assessment.title,
        rules=rules.model_dump(mode="json"),
        questions=[_content_of_question(question, order) for order, question in enumerate(assessment.questions, 1)],
    )


def as_written(content: AssessmentContent) -> tuple[AssessmentWrite | None, Faults]:
    """The assessment as a teacher would have written it, without what no teacher could; None where nothing is left.

    Questions are numbered anew, in their order.
    """
    questions, faults = _questions_in(sorted(content.questions, key=lambda question: question.order))
    try:
        lesson = _ID.validate_python(content.lesson_id)
    except ValidationError:
        return None, [*faults, "lesson_id: there can be no such lesson."]
    if content.questions and not questions:
        return None, [*faults, "questions: none of them can be taken."]
    fields = {"title": _title(content.title), "lesson": lesson}
    rules, refused = _rules_in(content.rules)
    return AssessmentWrite.model_validate(rules | fields | {"questions": questions}), faults + refused


def _content_of_question(question: Question, order: int) -> QuestionContent:
    return QuestionContent(
        question_text=question.question_text,
        question_type=question.question_type,
        order=order,
        points=question.points,
        weight=question.weight,
        explanation=question.explanation,
        config={name: value for name, value in question.config.items() if name != "rubric_id"},
        answers=[
            AnswerContent(
                answer_text=answer.answer_text,
                is_correct=answer.is_correct,
                order=place,
                explanation=answer.explanation,
            )
            for place, answer in enumerate(question.answers, 1)
        ],
    )


def _questions_in(wanted: Sequence[QuestionContent]) -> tuple[list[QuestionWrite], Faults]:
    taken: list[QuestionWrite] = []
    faults = []
    for place, content in enumerate(wanted):
        fault = _TOO_MANY if len(taken) >= MOST_QUESTIONS else None
        if fault is None:
            question, fault = _question_in(content)
            if question is not None:
                taken.append(question)
        if fault is not None:
            faults.append(f"questions.{place}.{fault}")
    return taken, faults


_TOO_MANY = f"order: an assessment has at most {MOST_QUESTIONS} questions."


def _question_in(content: QuestionContent) -> tuple[QuestionWrite | None, str | None]:
    """The question, or why it cannot be taken."""
    fields = content.model_dump(exclude={"order"})
    fields["config"].pop("rubric_id", None)
    fields["answers"] = [
        answer.model_dump(exclude={"order"}) for answer in sorted(content.answers, key=lambda answer: answer.order)
    ]
    try:
        question = QuestionWrite.model_validate(fields)
    except ValidationError as error:
        return None, _first_of(error)
    for path, message in faults_of(question).items():
        return None, f"{path}: {message}"
    return question, None


def _rules_in(sent: Mapping[str, Any]) -> tuple[dict[str, Any], Faults]:
    """The rules, without those that have values which they cannot have: these have their defaults."""
    rules = {name: value for name, value in sent.items() if name in AssessmentRules.model_fields}
    faults = []
    try:
        AssessmentRules.model_validate(rules)
    except ValidationError as error:
        for fault in error.errors():
            faults.append(f"rules.{fault['loc'][0]}: {fault['msg']}.")
            rules.pop(str(fault["loc"][0]), None)
    return rules, faults


def _title(sent: str) -> str:
    """As much of it as a title can hold."""
    try:
        return _TITLE.validate_python(sent.strip()[:255])
    except ValidationError:
        return UNTITLED


def _first_of(error: ValidationError) -> str:
    fault = error.errors()[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}."
