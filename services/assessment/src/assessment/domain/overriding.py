"""An assessment's limits, as they hold for one learner."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from assessment.models import Assessment, Override


@dataclass(frozen=True)
class PersonalRules:
    max_attempts: int
    extra_time: timedelta
    due_date: datetime | None
    available_until: datetime | None


def personal_rules(assessment: Assessment, override: Override | None) -> PersonalRules:
    """The assessment's own rules where nothing was granted. A due date of one's own never closes it earlier."""
    if override is None:
        due, closes = assessment.due_date, assessment.available_until
        return PersonalRules(assessment.max_attempts, timedelta(0), due, closes)
    due, closes = override.due_date or assessment.due_date, assessment.available_until
    if closes is not None and override.due_date is not None:
        closes = max(closes, override.due_date)
    return PersonalRules(
        max_attempts=assessment.max_attempts + override.extra_attempts,
        extra_time=timedelta(seconds=override.extra_time_seconds),
        due_date=due,
        available_until=closes,
    )


def expiry(start: datetime, time_limit: int, rules: PersonalRules) -> datetime | None:
    """When the time of an attempt is up; `time_limit` in minutes, 0 is unlimited."""
    return start + timedelta(minutes=time_limit) + rules.extra_time if time_limit else None
