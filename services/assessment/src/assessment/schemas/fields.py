"""Kinds of fields that assessments have, with the limits that all of them share."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer, StringConstraints

from shared.fields import Storable

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=255), Storable]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000), Storable]
QuestionText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=10_000), Storable]
AnswerText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), Storable]
Explanation = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000), Storable]

# JSON numbers on the way out, exact inside.
Fraction = Annotated[
    Decimal, Field(ge=0, le=1, decimal_places=4), PlainSerializer(float, return_type=float, when_used="json")
]
Weight = Annotated[
    Decimal,
    Field(ge=Decimal("0.01"), le=100, decimal_places=2),
    PlainSerializer(float, return_type=float, when_used="json"),
]
