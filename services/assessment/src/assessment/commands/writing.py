"""Making rows of questions and answers what they are to be."""

from collections.abc import Sequence

from assessment.domain.configs import stored_config
from assessment.domain.questions import answers_of, check_questions, fill_orders
from assessment.models import Answer, Assessment, Question
from assessment.schemas.configs import QuestionConfig
from assessment.schemas.questions import AnswerWrite, QuestionWrite
from shared.errors import Invalid


def write_questions(assessment: Assessment, wanted: Sequence[QuestionWrite]) -> None:
    """Give the assessment these questions and no others; one with an `id` is changed and keeps it. Raises Invalid."""
    check_questions(wanted)
    known = {question.id: question for question in assessment.questions}
    orders = fill_orders([question.order for question in wanted])
    questions = []
    for place, (question, order) in enumerate(zip(wanted, orders, strict=True)):
        if question.id is not None and question.id not in known:
            raise Invalid({f"questions.{place}.id": ["This assessment has no such question."]})
        row = known[question.id] if question.id is not None else Question(answers=[])
        write_question(row, question, order, path=f"questions.{place}.")
        questions.append(row)
    assessment.questions = sorted(questions, key=lambda row: row.order)


def write_question(row: Question, wanted: QuestionWrite, order: int, *, path: str = "") -> None:
    """Give the question these values and answers; it is well-formed. `path` leads to it in messages. Raises Invalid."""
    row.question_text = wanted.question_text
    row.question_type = wanted.question_type
    row.order = order
    row.points = wanted.points
    row.weight = wanted.weight
    row.explanation = wanted.explanation
    row.config = stored_config(wanted.question_type, wanted.config)
    _write_answers(row, wanted, f"{path}answers")


def _write_answers(row: Question, question: QuestionWrite, path: str) -> None:
    wanted = answers_of(question)
    known = {answer.id: answer for answer in row.answers}
    if question.question_type == "true_false":
        # Made anew from `config`, in the rows that are there: what is read keeps its ids.
        ids = [*known, None, None][:2]
        wanted = [answer.model_copy(update={"id": id_}) for answer, id_ in zip(wanted, ids, strict=True)]
    orders = fill_orders([answer.order for answer in wanted])
    answers = []
    for place, (answer, order) in enumerate(zip(wanted, orders, strict=True)):
        if answer.id is not None and answer.id not in known:
            raise Invalid({f"{path}.{place}.id": ["This question has no such answer."]})
        answers.append(_write_answer(known[answer.id] if answer.id is not None else Answer(), answer, order))
    row.answers = sorted(answers, key=lambda answer: answer.order)


def _write_answer(row: Answer, wanted: AnswerWrite, order: int) -> Answer:
    row.answer_text = wanted.answer_text
    row.is_correct = wanted.is_correct
    row.explanation = wanted.explanation
    row.order = order
    return row


def as_written(row: Question) -> QuestionWrite:
    """The question as one would write it, to change some of it."""
    return QuestionWrite(
        id=row.id,
        question_text=row.question_text,
        question_type=row.question_type,
        order=row.order,
        points=row.points,
        weight=row.weight,
        explanation=row.explanation,
        config=QuestionConfig.model_validate(row.config),
        answers=[AnswerWrite.model_validate(answer, from_attributes=True) for answer in row.answers],
    )
