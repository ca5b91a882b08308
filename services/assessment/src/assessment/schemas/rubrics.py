"""Rubrics, and grades given by them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field, PlainSerializer, StringConstraints

from assessment.schemas.fields import Explanation, Title
from shared.fields import Storable

MOST_CRITERIA = 50
MOST_RATINGS = 20
LARGEST_PART_ID = 1_000_000

PartTitle = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), Storable]
PartId = Annotated[int, Field(ge=1, le=LARGEST_PART_ID)]
Points = Annotated[
    Decimal,
    Field(ge=0, le=1_000, decimal_places=2),
    PlainSerializer(float, return_type=float, when_used="json"),
]


class RatingWrite(BaseModel):
    """`id` left out is the next one of its criterion."""

    id: PartId | None = None
    title: PartTitle
    points: Points


class CriterionWrite(BaseModel):
    """`points` is the most that it gives; `id` left out is the next one of the rubric."""

    id: PartId | None = None
    title: PartTitle
    points: Points
    ratings: list[RatingWrite] = Field(min_length=1, max_length=MOST_RATINGS)


class RubricWrite(BaseModel):
    """A rubric. `criteria` are all that there are to be."""

    title: Title
    criteria: list[CriterionWrite] = Field(min_length=1, max_length=MOST_CRITERIA)


class RubricPatch(RubricWrite):
    """Any of the fields; only those that are sent count."""

    title: Title = Field(default_factory=str)
    criteria: list[CriterionWrite] = Field(default_factory=list, min_length=1, max_length=MOST_CRITERIA)


class Rating(BaseModel):
    id: int
    title: str
    points: Points


class Criterion(BaseModel):
    id: int
    title: str
    points: Points
    ratings: list[Rating]


class RubricContent(BaseModel):
    """One version of a rubric, as it is shown and as papers hold it."""

    id: int
    version: int
    title: str
    criteria: list[Criterion]


class RubricView(RubricContent):
    """`version` grows with each change made after it was used."""

    created_date: datetime
    updated_date: datetime


class RubricGrade(BaseModel):
    """The rating chosen for a criterion; `points` in place of the rating's, if they are to differ."""

    criterion_id: PartId
    rating_id: PartId
    points: Points | None = None
    comment: Explanation = ""
