"""When digests go out: daily ones at seven in the morning, weekly ones on Mondays. In UTC."""

from datetime import datetime, time, timedelta
from typing import Literal

DigestCadence = Literal["daily", "weekly"]
HOUR = 7


def last_digest(cadence: DigestCadence, now: datetime) -> datetime:
    """The latest moment, not after `now`, at which digests of this cadence go out. What is older is due."""
    moment = datetime.combine(now.date(), time(HOUR, tzinfo=now.tzinfo))
    if cadence == "weekly":
        moment -= timedelta(days=moment.weekday())
    step = timedelta(days=7 if cadence == "weekly" else 1)
    return moment if moment <= now else moment - step
