"""Whether an answer can be taken."""

from datetime import datetime, timedelta

from assessment.domain.given import Given, given_before
from assessment.domain.paper import Item, Paper
from assessment.models import Attempt, AttemptAnswer
from shared.errors import Invalid, Refusal

GRACE = timedelta(seconds=3)
"""How long after `expires_at` what was sent in time may still arrive. The server completes the attempt right after it,
which is to be within 5 s of the deadline.
"""


class AttemptNotOpen(Refusal):
    code = "ATTEMPT_NOT_OPEN"
    message = "The attempt is completed; its answers can no longer be changed."


class AttemptExpired(Refusal):
    code = "ATTEMPT_EXPIRED"
    message = "The time is up; the attempt was completed with the answers saved until then."


def is_overdue(attempt: Attempt, now: datetime) -> bool:
    """Whether the server is to complete the attempt, because its time and the grace are over."""
    return attempt.status == "in_progress" and attempt.expires_at is not None and now > attempt.expires_at + GRACE


def check_open(attempt: Attempt, now: datetime) -> None:
    """Raises AttemptExpired or AttemptNotOpen."""
    if attempt.submitted_by == "system" or is_overdue(attempt, now):
        raise AttemptExpired
    if attempt.status != "in_progress":
        raise AttemptNotOpen


def item_of(paper: Paper, question_id: int) -> Item:
    """Raises Invalid when the attempt does not ask this question."""
    item = paper.item(question_id)
    if item is None:
        raise Invalid(question_id="This attempt has no such question.")
    return item


def check_may_replace(paper: Paper, before: AttemptAnswer | None, given: Given) -> None:
    """With immediate feedback an answer is final: what it told would be the next answer. Sending it again is fine.

    What a person grades has told nothing yet, and may be changed.
    """
    if before is None or paper.feedback_mode != "immediate" or before.points_earned is None:
        return
    if given_before(before) != given:
        raise Invalid(question_id="This question is answered, and its feedback was given: the answer is final.")
