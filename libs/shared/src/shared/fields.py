"""Kinds of fields that the HTTP models and routes of several services have."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints, WithJsonSchema

LARGEST_ID = 2**63 - 1
LONGEST_REF = 255
FIRST_YEAR, LAST_YEAR = 2000, 2999

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def _storable(value: str) -> str:
    if _UNSTORABLE.search(value):
        raise ValueError("NUL characters and unpaired surrogates are not allowed.")
    return value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _in_reach(value: datetime) -> datetime:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"The year must be {FIRST_YEAR} to {LAST_YEAR}; got {value.year}.")
    return value.astimezone(UTC)


OMITTED: Any = Field(default_factory=lambda: None)
"""Default of a field that an update may leave out, where no value of its own kind would do: see what was sent by
`model_dump(exclude_unset=True)`."""
Storable = AfterValidator(_storable)
"""Of a string that goes to the database, which takes neither NUL nor unpaired surrogates."""
Text = Annotated[str, Storable]
RowId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
PathId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
QueryId = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_reach)]
"""A time that comes in, as UTC."""

Ref = Annotated[
    str,
    BeforeValidator(_as_text),
    StringConstraints(min_length=1, max_length=LONGEST_REF),
    Storable,
    WithJsonSchema(
        {
            "anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "minLength": 1, "maxLength": LONGEST_REF}],
            "description": "Id or slug.",
        }
    ),
]
"""A course or category by id or slug, as text."""
PathRef = Annotated[Ref, Path(description="The course's slug or id.")]
QueryRef = Annotated[Ref | None, Query(description="Only this course, by id or slug.")]
