"""From counts by kind to the figures of the API."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from shared.errors import Invalid

LONGEST_DAYS = 366
USUAL_DAYS = 30


@dataclass(frozen=True)
class Count:
    """How often something was done on a day."""

    day: date
    kind: str
    count: int
    seconds: int
    score: int


@dataclass(frozen=True)
class Range:
    """Days, both included."""

    first: date
    last: date


def range_of(first: date | None, last: date | None, *, today: date) -> Range:
    """The last 30 days unless said otherwise. Raises Invalid (`from`, `to`)."""
    end = last or max(today, first or today)
    begin = first or end - timedelta(days=USUAL_DAYS - 1)
    if begin > end:
        raise Invalid({"from": [f"It must not be after `to` ({end})."]})
    if (end - begin).days >= LONGEST_DAYS:
        raise Invalid({"from": [f"A stretch is {LONGEST_DAYS} days at most; this has {(end - begin).days + 1}."]})
    return Range(begin, end)


_NAMES = {
    "visited": "visits",
    "started": "lessons_started",
    "finished": "lessons_completed",
    "completed": "courses_completed",
    "enrolled": "enrolled",
    "unenrolled": "unenrolled",
    "graded": "attempts",
    "noted": "notes",
    "asked": "questions",
    "replied": "replies",
    "reviewed": "reviews",
    "downloaded": "downloads",
    "logged_in": "logins",
}


def measures_of(counts: Iterable[Count]) -> dict[str, Any]:
    """The fields of `schemas.analytics.Measures`."""
    counted: dict[str, int] = defaultdict(int)
    seconds = score = 0
    for row in counts:
        counted[row.kind] += row.count
        seconds += row.seconds
        score += row.score
    fields: dict[str, Any] = {name: max(0, counted[kind]) for kind, name in _NAMES.items()}
    graded = counted["graded"]
    return fields | {"seconds": seconds, "average_score": round(score / graded / 100, 2) if graded else None}


def by_day(counts: Iterable[Count]) -> Mapping[date, list[Count]]:
    """In the order of the days."""
    days: dict[date, list[Count]] = defaultdict(list)
    for row in counts:
        days[row.day].append(row)
    return dict(sorted(days.items()))


def active_on(counts: Iterable[Count]) -> int:
    return sum(row.count for row in counts if row.kind == "active")


def streak(days: Iterable[date], *, today: date) -> int:
    """Days in a row with work, up to today, or to yesterday while there is none today yet."""
    worked = set(days)
    day = today if today in worked else today - timedelta(days=1)
    length = 0
    while day in worked:
        length += 1
        day -= timedelta(days=1)
    return length
