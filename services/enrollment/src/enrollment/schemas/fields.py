"""Kinds of fields that several of the HTTP models have."""

from typing import Any

from pydantic import Field

OMITTED: Any = Field(default_factory=lambda: None)
"""Default of a field that may be left out, where no value of the field would do: it is seen by not being set."""
