"""When a completed enrollment earns its certificate.

    pending ──► awaiting_assessments ──► issued
       ├────────────────────────────────►──┘
       └──► not_applicable

The course's promise is judged once: an enrollment that waits for assessments gets its certificate when they are
passed, even if the course has stopped giving certificates meanwhile. `issued` and `not_applicable` are final.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from certificate.models import OPEN_STATES, CompletionState

FIRST_CHECK = timedelta(seconds=2)
SLOWEST_CHECK: dict[CompletionState, timedelta] = {
    "pending": timedelta(minutes=1),
    "awaiting_assessments": timedelta(days=1),
}


@dataclass(frozen=True)
class Standing:
    """What is known about a completed enrollment. `has_certificate` is the course's, None while it is not known."""

    state: CompletionState
    has_certificate: bool | None
    knows_learner: bool
    required: Collection[int]
    """Ids of the course's required assessments."""
    passed: Collection[int]
    """Ids of those that the learner has passed."""


def may_issue(standing: Standing) -> bool:
    """Whether the certificate is earned: the course gives one, and every required assessment is passed."""
    promised = standing.state == "awaiting_assessments" or standing.has_certificate is True
    return promised and set(standing.required) <= set(standing.passed)


def next_state(standing: Standing, *, owners_asked: bool) -> CompletionState:
    """The state that follows from what is known.

    `owners_asked`: what the copies lack, and a course's "no certificate", was just now asked of the owners. Only
    then is a no final; before, the enrollment stays as it is.
    """
    if standing.state not in OPEN_STATES:
        return standing.state
    no = "not_applicable" if owners_asked else standing.state
    if standing.state == "pending" and not standing.has_certificate:
        return no
    if not may_issue(standing):
        return "awaiting_assessments"
    is_known = standing.knows_learner and standing.has_certificate is not None
    return "issued" if is_known else no


def next_check(state: CompletionState, checks: int, *, now: datetime) -> datetime | None:
    """When to look again at an enrollment looked at `checks` times, if no event brings it forward; None when closed.

    Twice as late each time: a learner may take an assessment tomorrow, or never.
    """
    if state not in OPEN_STATES:
        return None
    return now + min(FIRST_CHECK * (1 << min(checks, 20)), SLOWEST_CHECK[state])
