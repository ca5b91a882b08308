"""What a well-formed question is."""

from collections.abc import Iterable, Sequence

from assessment.schemas.questions import AnswerWrite, QuestionWrite
from shared.errors import Invalid

FEWEST_ANSWERS = 2
MOST_ANSWERS = 10


def check_questions(questions: Sequence[QuestionWrite]) -> None:
    """Raises Invalid with every fault, by path (`questions.0.answers`)."""
    faults: dict[str, list[str]] = {}
    for place, question in enumerate(questions):
        for field, message in _faults_of(question).items():
            faults[f"questions.{place}.{field}"] = [message]
    for place in repeated(question.order for question in questions):
        faults[f"questions.{place}.order"] = ["Another question has this place."]
    for place in repeated(question.id for question in questions):
        faults[f"questions.{place}.id"] = ["This question is given twice."]
    if faults:
        raise Invalid(faults)


def _faults_of(question: QuestionWrite) -> dict[str, str]:
    if question.question_type == "true_false":
        missing = question.config.correct_answer is None
        return {"config.correct_answer": "A true_false question needs it: true or false."} if missing else {}
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


def repeated(values: Iterable[int | None]) -> list[int]:
    """Places of values that stood there before; None is no value."""
    seen: set[int] = set()
    places = []
    for place, value in enumerate(values):
        if value is not None and value in seen:
            places.append(place)
        elif value is not None:
            seen.add(value)
    return places


def fill_orders(orders: Sequence[int | None]) -> list[int]:
    """The order of each; one left out is the next after the highest so far, from 1."""
    highest = max((order for order in orders if order is not None), default=0)
    filled = []
    for order in orders:
        if order is None:
            order = highest = highest + 1
        filled.append(order)
    return filled


def answers_of(question: QuestionWrite) -> list[AnswerWrite]:
    """The answers that a question offers: those given, or the two that `config.correct_answer` makes."""
    if question.question_type != "true_false":
        return question.answers
    correct = question.config.correct_answer
    return [
        AnswerWrite(answer_text="True", is_correct=correct is True, order=1),
        AnswerWrite(answer_text="False", is_correct=correct is False, order=2),
    ]
