"""When a completed enrollment earns its certificate.

    pending ──► awaiting_assessments ──► issued
       ├────────────────────────────────►──┘
       └──► not_applicable

The course's promise is judged once: an enrollment that waits for assessments gets its certificate when they are
passed, even if the course has stopped giving certificates meanwhile. `issued` and `not_applicable` are final.

What is issued is never taken back, and copies may lag. So they say when assessment is worth asking; its own word is
what a certificate needs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from certificate.models import OPEN_STATES, CompletionState

FIRST_CHECK = timedelta(seconds=0.5)
SLOWEST_RETRY = timedelta(minutes=1)
"""While an owner is down."""
SLOWEST_CHECK = timedelta(days=1)
"""While assessments are not passed: events tell when they are."""


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
    is_confirmed: bool = False
    """Whether assessment itself was asked what is required and passed."""


def may_issue(standing: Standing) -> bool:
    """Whether the certificate is earned: the course gives one, and every required assessment is passed."""
    promised = standing.state == "awaiting_assessments" or standing.has_certificate is True
    return promised and set(standing.required) <= set(standing.passed)


def next_state(standing: Standing) -> CompletionState:
    """The state that follows once the owners were asked for what the copies lack: what is unknown, nobody knows.

    What seems earned stays as it is until assessment has confirmed it.
    """
    if standing.state not in OPEN_STATES:
        return standing.state
    if standing.state == "pending" and not standing.has_certificate:
        return "not_applicable"
    if not may_issue(standing):
        return "awaiting_assessments"
    if not standing.knows_learner or standing.has_certificate is None:
        return "not_applicable"
    return "issued" if standing.is_confirmed else standing.state


def next_check(checks: int, *, slowest: timedelta, now: datetime) -> datetime:
    """When to look again at an enrollment looked at `checks` times, if no event brings it forward.

    Twice as late each time: a learner may take an assessment tomorrow, or never.
    """
    return now + min(FIRST_CHECK * (1 << min(checks, 20)), slowest)
