"""HTTP models of search."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from catalog.domain.choices import ResourceType
from catalog.domain.search import LONGEST_QUERY
from catalog.schemas.courses import CourseCard
from catalog.schemas.fields import TEXT, Choice, Input
from shared.pagination import Page


class Facet(BaseModel):
    """A choice that narrows a search, and how many courses it would leave."""

    value: str
    label: str
    count: int


class Facets(BaseModel):
    """`category` by slug; `price` in bands; `rating` as the lowest average, so that its counts overlap."""

    category: list[Facet]
    level: list[Facet]
    price: list[Facet]
    rating: list[Facet]
    language: list[Facet]


class CourseSearch(Page[CourseCard]):
    """A page of what is found. `did_you_mean`: what was searched for instead, when nothing has what was sent."""

    facets: Facets
    did_you_mean: str | None


class Suggestion(BaseModel):
    """`slug` is what its type is asked for by: a course's or category's slug, a tag, an instructor's user id."""

    type: Literal["course", "category", "tag", "instructor"]
    text: str
    slug: str


class Suggestions(BaseModel):
    results: list[Suggestion]


class FoundLesson(BaseModel):
    id: int
    title: str


class FoundInCourse(BaseModel):
    id: int
    slug: str
    title: str


class ContentResult(BaseModel):
    """A lesson found. `snippet` is safe HTML: text, with `<mark>` around what was found."""

    lesson: FoundLesson
    course: FoundInCourse
    snippet: str


class FoundFile(BaseModel):
    id: int
    title: str
    type: ResourceType


class ResourceResult(BaseModel):
    """A resource found, and where it is."""

    resource: FoundFile
    lesson: FoundLesson
    course: FoundInCourse


class Click(Input):
    """A result that somebody chose: of which query, which `course` (id or slug), at which place from 1."""

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_QUERY), TEXT]
    course: Choice
    position: Annotated[int, Field(ge=1, le=1000)]


class PopularTerm(BaseModel):
    """`average_position`: place of the results that were chosen, from 1; 0 when none was."""

    term: str
    searches: int
    clicks: int
    click_through_rate: float
    average_position: float


class NoResultTerm(BaseModel):
    """`searches`: those that found nothing as typed."""

    term: str
    searches: int


class SearchAnalytics(BaseModel):
    """Rates from 0 to 1; `latency_ms` is the mean time a search took in this service."""

    since: date
    searches: int
    popular_terms: list[PopularTerm]
    no_result_terms: list[NoResultTerm]
    click_through_rate: float
    latency_ms: float
