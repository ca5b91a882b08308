"""What a well-formed question is."""

from collections.abc import Sequence

from assessment.domain.configs import faults_of_config, repeated
from assessment.schemas.questions import MOST_ORDER, AnswerWrite, QuestionWrite
from shared.errors import Invalid

FEWEST_ANSWERS = 2
MOST_ANSWERS = 10
OF_CHOICE = ("multiple_choice", "multiple_select")


def check_questions(questions: Sequence[QuestionWrite]) -> None:
    """Raises Invalid with every fault, by path (`questions.0.answers`)."""
    faults: dict[str, list[str]] = {}
    for place, question in enumerate(questions):
        for field, message in faults_of(question).items():
            faults[f"questions.{place}.{field}"] = [message]
    for place in repeated(question.order for question in questions):
        faults[f"questions.{place}.order"] = ["Another question has this place."]
    for place in repeated(question.id for question in questions):
        faults[f"questions.{place}.id"] = ["This question is given twice."]
    if faults:
        raise Invalid(faults)


def check_question(question: QuestionWrite) -> None:
    """The same for one alone, its fields at the top. Raises Invalid."""
    if faults := faults_of(question):
        raise Invalid({field: [message] for field, message in faults.items()})


def faults_of(question: QuestionWrite) -> dict[str, str]:
    """What is wrong with a question, by path; empty when nothing is."""
    if question.question_type in OF_CHOICE:
        return _faults_of_answers(question)
    faults = faults_of_config(question.question_type, question.config)
    if question.answers and question.question_type != "true_false":
        faults["answers"] = f"A {question.question_type} question offers no answers; its key is in config."
    return faults


def _faults_of_answers(question: QuestionWrite) -> dict[str, str]:
    answers = question.answers
    faults = {
        f"answers.{place}.order": "Another answer has this place." for place in repeated(a.order for a in answers)
    }
    faults |= {f"answers.{place}.id": "This answer is given twice." for place in repeated(a.id for a in answers)}
    if not FEWEST_ANSWERS <= len(answers) <= MOST_ANSWERS:
        faults["answers"] = f"Give {FEWEST_ANSWERS} to {MOST_ANSWERS} answers."
    elif fault := _fault_of_key(question.question_type, sum(answer.is_correct for answer in answers)):
        faults["answers"] = fault
    return faults


def _fault_of_key(question_type: str, correct: int) -> str | None:
    if question_type == "multiple_choice" and correct != 1:
        return f"Exactly one answer must be correct, not {correct}."
    return None if correct else "At least one answer must be correct."


def fill_orders(orders: Sequence[int | None]) -> list[int]:
    """The order of each; one left out is the next after the highest so far, from 1. Raises Invalid past the last."""
    highest = max((order for order in orders if order is not None), default=0)
    filled = []
    for order in orders:
        if order is None:
            order = highest = highest + 1
        if order > MOST_ORDER:
            raise Invalid(order=f"The last place, {MOST_ORDER}, is taken: give an order below it.")
        filled.append(order)
    return filled


def answers_of(question: QuestionWrite) -> list[AnswerWrite]:
    """The answers that a question offers: those given, or the two that `config.correct_answer` makes.

    These two take their explanations from two answers given, in the order true, false.
    """
    if question.question_type != "true_false":
        return question.answers
    correct = question.config.correct_answer
    why = [answer.explanation for answer in question.answers] if len(question.answers) == 2 else ["", ""]
    return [
        AnswerWrite(answer_text="True", is_correct=correct is True, explanation=why[0], order=1),
        AnswerWrite(answer_text="False", is_correct=correct is False, explanation=why[1], order=2),
    ]
