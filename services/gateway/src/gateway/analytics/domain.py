"""Pure rules of analytics: which days, and how figures become a table."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from shared.errors import Invalid

LONGEST_DAYS = 366
USUAL_DAYS = 30
HEADER = ("section", "item", "figure", "value")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NAMING = ("day", "lesson", "assessment_id", "hour", "weekday", "type", "at_least")
"""What tells the entries of a list apart, where they have it."""


@dataclass(frozen=True)
class Days:
    """From the first to the last, both included."""

    first: date
    last: date

    @property
    def as_dates(self) -> dict[str, str]:
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    @property
    def as_times(self) -> dict[str, str]:
        """From the beginning of the first until before the end of the last."""
        begin, end = (datetime.combine(day, time(), UTC) for day in (self.first, self.last + timedelta(days=1)))
        return {"from": begin.isoformat(), "to": end.isoformat()}


def days_of(first: date | None, last: date | None, *, today: date) -> Days:
    """The last 30 days unless said otherwise. Raises Invalid."""
    end = last or max(today, first or today)
    begin = first or end - timedelta(days=USUAL_DAYS - 1)
    if begin > end:
        raise Invalid({"from": [f"It must not be after `to` ({end})."]})
    if (end - begin).days >= LONGEST_DAYS:
        raise Invalid({"from": [f"A stretch is {LONGEST_DAYS} days at most; this has {(end - begin).days + 1}."]})
    return Days(begin, end)


def wants_csv(accept: str) -> bool:
    """Whether the header asks for CSV, and not for JSON before it."""
    kinds = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return "text/csv" in kinds and "application/json" not in kinds[: kinds.index("text/csv")]


def table_of(figures: Mapping[str, Any]) -> str:
    """Figures as CSV: one in each line, with where it stands."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for section, value in figures.items():
        for path, figure in _leaves(value):
            *places, name = path or [section]
            writer.writerow([section, _safe(".".join(places)), _safe(name), _safe(figure)])
    return out.getvalue()


def _leaves(value: Any) -> Iterator[tuple[list[str], Any]]:
    entries: list[tuple[str, Any]]
    if isinstance(value, Mapping):
        entries = [(str(key), one) for key, one in value.items()]
    elif isinstance(value, list):
        entries = [(_name(place, one), one) for place, one in enumerate(value)]
    else:
        yield [], value
        return
    for name, one in entries:
        for path, figure in _leaves(one):
            yield [name, *path], figure


def _name(place: int, entry: Any) -> str:
    if isinstance(entry, Mapping):
        for key in _NAMING:
            if entry.get(key) is not None:
                return str(entry[key])
    return str(place)


def _safe(value: Any) -> Any:
    """Numbers as they are; a text that a spreadsheet would take for a formula is marked as text."""
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA):
        return f"'{value}"
    return value
