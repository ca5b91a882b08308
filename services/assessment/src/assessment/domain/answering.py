"""Whether an answer can be taken, and what was chosen with it."""

from datetime import datetime, timedelta

from assessment.domain.paper import Item, Paper
from assessment.models import Attempt, AttemptAnswer
from assessment.schemas.attempts import AttemptAnswerSave
from shared.errors import Invalid, Refusal

GRACE = timedelta(seconds=5)
"""How long after `expires_at` what was sent in time may still arrive."""


class AttemptNotOpen(Refusal):
    code = "ATTEMPT_NOT_OPEN"
    message = "The attempt is completed; its answers can no longer be changed."


class AttemptExpired(Refusal):
    code = "ATTEMPT_EXPIRED"
    message = "The time is up; the attempt was completed with the answers saved until then."


def is_overdue(attempt: Attempt, now: datetime) -> bool:
    """Whether the server is to complete the attempt, because its time and the grace are over."""
    return attempt.expires_at is not None and now > attempt.expires_at + GRACE


def check_open(attempt: Attempt, now: datetime) -> None:
    """Raises AttemptExpired or AttemptNotOpen."""
    if attempt.submitted_by == "system" or (attempt.status == "in_progress" and is_overdue(attempt, now)):
        raise AttemptExpired
    if attempt.status != "in_progress":
        raise AttemptNotOpen


def item_of(paper: Paper, question_id: int) -> Item:
    """Raises Invalid when the attempt does not ask this question."""
    item = paper.item(question_id)
    if item is None:
        raise Invalid(question_id="This attempt has no such question.")
    return item


def chosen_in(item: Item, answer: AttemptAnswerSave) -> frozenset[int]:
    """The answers chosen; an empty list of a `multiple_select` takes the answer back. Raises Invalid."""
    if item.question_type == "multiple_select":
        field, ids = "selected_answer_ids", answer.selected_answer_ids
    else:
        field = "selected_answer_id"
        ids = None if answer.selected_answer_id is None else [answer.selected_answer_id]
    if ids is None:
        raise Invalid({field: [f"A {item.question_type} question is answered with this field."]})
    if not item.option_ids.issuperset(ids):
        raise Invalid({field: ["This is not an answer of the question."]})
    return frozenset(ids)


def chosen_before(answer: AttemptAnswer) -> frozenset[int]:
    """The answers chosen in a saved answer."""
    if answer.selected_answer_id is not None:
        return frozenset([answer.selected_answer_id])
    return frozenset(answer.selected_answer_ids or ())


def check_may_replace(paper: Paper, before: AttemptAnswer | None, chosen: frozenset[int]) -> None:
    """With immediate feedback an answer is final: what it told would be the next answer. Sending it again is fine."""
    if before is not None and paper.feedback_mode == "immediate" and chosen_before(before) != chosen:
        raise Invalid(question_id="This question is answered, and its feedback was given: the answer is final.")
