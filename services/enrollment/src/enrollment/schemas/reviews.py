"""HTTP models of reviews."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from enrollment.models import ReviewStatus
from shared.fields import OMITTED, Ref, Storable
from shared.pagination import Page

SHORTEST_CONTENT, LONGEST_CONTENT = 10, 10_000
LONGEST_TITLE = 255
LONGEST_NOTES = 2_000

Stars = Annotated[int, Field(strict=True, ge=1, le=5)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TITLE), Storable]
Content = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=SHORTEST_CONTENT, max_length=LONGEST_CONTENT), Storable
]
Notes = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTES), Storable]


class ReviewUpdate(BaseModel):
    """Any subset of the fields; what is left out stays as it is."""

    rating: Stars = OMITTED
    title: Title = ""
    content: Content = OMITTED


class ReviewReplace(ReviewUpdate):
    """`title` stays as it is when it is left out."""

    rating: Stars
    content: Content


class ReviewCreate(ReviewReplace):
    """`course` is an id or a slug."""

    course: Ref


class ReviewModerate(BaseModel):
    """`approved` lets the public see the review, `rejected` hides it. The notes are for the course's staff only."""

    status: Literal["approved", "rejected"]
    moderation_notes: Notes = ""


class AuthorSummary(BaseModel):
    id: int
    name: str = Field(description="Empty where the name is not known.")


class ReviewView(BaseModel):
    """A review of a course."""

    id: int
    user: AuthorSummary
    course: int
    rating: int = Field(description="1-5 stars.")
    title: str
    content: str
    status: ReviewStatus
    is_approved: bool = Field(description="Whether the public sees it, and it counts in the average.")
    is_verified_purchase: bool = Field(description="Whether the author is enrolled, or has completed the course.")
    helpful_count: int
    created_date: datetime
    updated_date: datetime


class ModeratedReviewView(ReviewView):
    """A review as the course's staff see it."""

    moderation_notes: str


class CourseReviews(Page[ReviewView]):
    """A page of a course's approved reviews, and what all of them come to."""

    histogram: dict[str, int] = Field(description='Number of approved reviews by stars, `"1"` to `"5"`.')
    average: float = Field(description="Mean number of stars to two decimals; 0 without reviews.")


class Helpfulness(BaseModel):
    helpful_count: int
    is_helpful: bool = Field(description="Whether the caller finds the review helpful now.")
