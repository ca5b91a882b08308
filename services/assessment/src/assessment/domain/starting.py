"""Whether a learner may start another attempt now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from assessment.domain.overriding import PersonalRules
from assessment.models import Assessment, Attempt
from shared.errors import Refusal


class AssessmentNotAvailable(Refusal):
    code = "ASSESSMENT_NOT_AVAILABLE"


class AttemptLimitExceeded(Refusal):
    code = "ATTEMPT_LIMIT_EXCEEDED"


class CooldownActive(Refusal):
    code = "COOLDOWN_ACTIVE"


def check_may_start(assessment: Assessment, rules: PersonalRules, earlier: Sequence[Attempt], now: datetime) -> None:
    """`earlier` are the learner's attempts, all closed, in the order of their numbers."""
    if (refusal := why_not_available(assessment, rules, now)) is not None:
        raise refusal
    if len(earlier) >= rules.max_attempts:
        raise AttemptLimitExceeded(f"All {rules.max_attempts} attempts are used.", max_attempts=rules.max_attempts)
    available_at = cooldown_end(assessment, earlier)
    if available_at is not None and now < available_at:
        raise CooldownActive("The next attempt can be started after a pause.", available_at=_iso(available_at))


def why_not_available(assessment: Assessment, rules: PersonalRules, now: datetime) -> AssessmentNotAvailable | None:
    """The window bounds when an attempt starts; one under way is not cut. Without questions nothing can start."""
    opens, closes = assessment.available_from, rules.available_until
    if opens is not None and now < opens:
        return AssessmentNotAvailable("The assessment is not available yet.", available_from=_iso(opens))
    if closes is not None and now > closes:
        return AssessmentNotAvailable("The assessment is no longer available.", available_until=_iso(closes))
    if not (assessment.questions or assessment.draws):
        return AssessmentNotAvailable("The assessment has no questions yet.")
    return None


def cooldown_end(assessment: Assessment, earlier: Sequence[Attempt]) -> datetime | None:
    """When the pause after the latest attempt is over: one length after the first attempt, another after later ones."""
    if not earlier or (ended := earlier[-1].end_time) is None:
        return None
    seconds = assessment.cooldown_first_seconds if len(earlier) == 1 else assessment.cooldown_next_seconds
    return ended + timedelta(seconds=seconds)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
