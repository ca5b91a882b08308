"""What every service answers of the states it owns, for whoever keeps copies of them. Private.

- `GET /internal/snapshot/{aggregate}/?after=&limit=` → `SnapshotPage`; 404 for an aggregate that it does not own.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict


class SnapshotPage(BaseModel):
    """Present states in the order of their ids; `next` is the last of them, null at the end."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    results: list[dict[str, Any]]
    next: int | None = None
