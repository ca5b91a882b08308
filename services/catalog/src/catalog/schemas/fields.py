"""Types of fields that several models share.

A field that a body leaves out keeps its value on an update, and takes its default on creation; `sent` gives what was
there. So models for input have no values of their own for what is left out, and null only where a field may be null.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from catalog.domain import validation
from catalog.domain.slugs import LARGEST_ID

LARGEST_ORDER = 1_000_000
LONGEST_DESCRIPTION = 20_000

OMITTED: Any = Field(default_factory=lambda: None)
"""Default of a field that may be left out."""

RowId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
PathId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Ref = Annotated[str, Path(description="The course's slug or id.")]

LINE = AfterValidator(validation.validate_line)
"""Of a field that is one line of text."""
TEXT = AfterValidator(validation.validate_text)
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=255), LINE]
"""Title of a module or lesson."""
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_DESCRIPTION), TEXT]


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Choice = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    BeforeValidator(_as_text),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 100}], "title": "Id or slug"}),
]
"""A parent, by id or slug."""
Order = Annotated[int, Field(ge=1, le=LARGEST_ORDER, description="Place among its siblings, from 1; default: last.")]
Minutes = Annotated[
    int, AfterValidator(validation.validate_duration_minutes), Field(json_schema_extra={"minimum": 0, "maximum": 10080})
]
Price = Annotated[Decimal, AfterValidator(validation.validate_price_range)]
MomentIn = Annotated[AwareDatetime, AfterValidator(validation.validate_moment)]

Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
"""A time as the API writes it: UTC."""
Money = Annotated[Decimal, PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str)]
"""A string with two decimals."""


class Input(BaseModel):
    """A body of a request."""

    HTML: ClassVar[dict[str, int]] = {}
    """Fields that are HTML, with the least number of characters each has after cleaning."""

    def sent(self) -> dict[str, Any]:
        """The fields that the body has."""
        return self.model_dump(exclude_unset=True)


class Ids(Input):
    """All ids of the siblings, in their new order."""

    ids: list[RowId] = Field(max_length=200)
