"""The filters of courses, as query parameters of the catalog and of search."""

from dataclasses import replace
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Query

from catalog.domain.choices import CreationMethod, Level
from catalog.domain.slugs import LARGEST_ID
from catalog.domain.validation import LONGEST_TAG
from catalog.queries.filters import CourseFilter
from catalog.schemas.fields import TEXT

LONGEST_MINUTES = 2**31 - 1

Category = Annotated[str | None, Query(max_length=100, description="Slug of a category."), TEXT]
MinPrice = Annotated[Decimal | None, Query(ge=0, max_digits=12, decimal_places=2, description="Lowest current price.")]
MaxPrice = Annotated[Decimal | None, Query(ge=0, max_digits=12, decimal_places=2, description="Highest current price.")]
MinRating = Annotated[float | None, Query(ge=0, le=5, allow_inf_nan=False, description="Lowest average rating.")]
MinDuration = Annotated[int | None, Query(ge=0, le=LONGEST_MINUTES, description="Shortest duration in minutes.")]
MaxDuration = Annotated[int | None, Query(ge=0, le=LONGEST_MINUTES, description="Longest duration in minutes.")]
InstructorId = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="User id of an active instructor.")]
Language = Annotated[str | None, Query(max_length=35, description="A BCP 47 tag, as `en`."), TEXT]
Tag = Annotated[str | None, Query(max_length=LONGEST_TAG), TEXT]
IsFree = Annotated[bool | None, Query(description="Whether the current price is 0.")]


async def narrowing(
    category: Category = None,
    level: Level | None = None,
    min_price: MinPrice = None,
    max_price: MaxPrice = None,
    is_free: IsFree = None,
    min_rating: MinRating = None,
    min_duration: MinDuration = None,
    max_duration: MaxDuration = None,
    instructor: InstructorId = None,
    language: Language = None,
    tag: Tag = None,
    has_certificate: bool | None = None,
    is_featured: bool | None = None,
    creation_method: CreationMethod | None = None,
) -> CourseFilter:
    """The dependency behind `Narrowing`."""
    return CourseFilter(
        category=category,
        level=level,
        min_price=min_price,
        max_price=max_price,
        is_free=is_free,
        min_rating=min_rating,
        min_duration=min_duration,
        max_duration=max_duration,
        instructor=instructor,
        language=language,
        tag=tag,
        has_certificate=has_certificate,
        is_featured=is_featured,
        creation_method=creation_method,
    )


Narrowing = Annotated[CourseFilter, Depends(narrowing)]
"""Route parameter: the filters that search has too."""


async def filters(
    narrowed: Narrowing,
    search: Annotated[
        str | None, Query(max_length=200, description="Text in title, subtitle or description."), TEXT
    ] = None,
    is_draft: Annotated[bool | None, Query(description="Drafts: an instructor's own, an administrator's all.")] = None,
) -> CourseFilter:
    """The dependency behind `Filters`."""
    return replace(narrowed, search=search, is_draft=is_draft)


Filters = Annotated[CourseFilter, Depends(filters)]
"""Route parameter: the filters of the catalog's list."""
