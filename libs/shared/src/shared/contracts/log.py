"""What every service answers of its log, and the gateway merges. Private: the gateway does not route it.

- `GET /internal/events/?after=&type=&limit=` → `LogPage`: published events in the order of publishing.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class LoggedEvent(BaseModel):
    """A published event, under CloudEvents' names."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    type: str
    source: str
    """`/` and the name of the service."""
    subject: str
    """`<aggregate>/<id>`."""
    time: datetime
    sequence: int
    """The aggregate's version after the event."""
    data: dict[str, Any]


class LogEntry(LoggedEvent):
    """A logged event with its place in the log of its service."""

    position: int


class LogPage(BaseModel):
    """A stretch of one service's log. Going on after `next` misses nothing."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    results: list[LogEntry]
    next: int
