"""HTTP models of courses."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from catalog.domain import validation
from catalog.domain.choices import CompletionStatus, CreationMethod, Level
from catalog.domain.publication import SHORTEST_DESCRIPTION
from catalog.schemas.fields import (
    LINE,
    LONGEST_DESCRIPTION,
    OMITTED,
    TEXT,
    Choice,
    Description,
    Input,
    Moment,
    MomentIn,
    Money,
    Price,
)
from catalog.schemas.modules import ModuleOutlineView

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=160), LINE]
Subtitle = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255), LINE]
CourseDescription = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=SHORTEST_DESCRIPTION, max_length=LONGEST_DESCRIPTION),
    TEXT,
]
Language = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(validation.validate_language)]
Requirements = Annotated[
    list[str],
    AfterValidator(validation.validate_course_requirements),
    Field(json_schema_extra={"maxItems": validation.MOST_REQUIREMENTS}),
]
Objectives = Annotated[
    list[str],
    AfterValidator(validation.validate_learning_objectives),
    Field(json_schema_extra={"maxItems": validation.MOST_OBJECTIVES}),
]
Skills = Annotated[
    list[str], AfterValidator(validation.validate_skills), Field(json_schema_extra={"maxItems": validation.MOST_SKILLS})
]
Tags = Annotated[
    list[str], AfterValidator(validation.validate_tags), Field(json_schema_extra={"maxItems": validation.MOST_TAGS})
]


class CourseUpdate(Input):
    """Any subset of a course's fields. `is_featured` is an administrator's; from others it is ignored."""

    HTML: ClassVar[dict[str, int]] = {"description": SHORTEST_DESCRIPTION, "target_audience": 0}

    title: Title = OMITTED
    subtitle: Subtitle = OMITTED
    description: CourseDescription = OMITTED
    category: Choice = OMITTED
    price: Price = OMITTED
    discount_price: Price | None = OMITTED
    discount_ends: MomentIn | None = OMITTED
    requirements: Requirements = OMITTED
    skills: Skills = OMITTED
    learning_objectives: Objectives = OMITTED
    tags: Tags = OMITTED
    target_audience: Description = OMITTED
    level: Level = OMITTED
    language: Language = OMITTED
    creation_method: CreationMethod = OMITTED
    has_certificate: bool = OMITTED
    is_featured: bool = OMITTED


class CourseCreate(CourseUpdate):
    """Left out, `category` is General, `price` 490.00, `level` all_levels, `language` en, the rest empty or false."""

    title: Title
    description: CourseDescription


class PublishOptions(Input):
    """`publish_modules`: publish its modules with it."""

    publish_modules: bool = True


class CategoryRefView(BaseModel):
    id: int
    name: str
    slug: str


class InstructorBrief(BaseModel):
    """`id` is the user's."""

    id: int
    name: str
    is_lead: bool


class InstructorView(InstructorBrief):
    title: str
    bio: str
    is_active: bool


class CourseCard(BaseModel):
    """A course in a list. `current_price` is the discount price while there is one."""

    id: int
    slug: str
    title: str
    subtitle: str
    category: CategoryRefView
    thumbnail: str | None
    price: Money
    discount_price: Money | None
    discount_ends: Moment | None
    current_price: Money
    is_free: bool
    level: Level
    language: str
    tags: list[str]
    has_certificate: bool
    is_featured: bool
    is_draft: bool
    is_published: bool
    published_date: Moment | None
    duration_minutes: int | None
    lessons_count: int
    instructors: list[InstructorBrief]
    enrolled_students_count: int
    avg_rating: float
    total_reviews: int
    version: float
    created_date: Moment
    updated_date: Moment


class Versions(BaseModel):
    """The family of a course: its versions, `count` of them. `parent_version` is the id of the one it was made from."""

    family_id: int
    version: float
    parent_version: int | None
    count: int


class Thumbnails(BaseModel):
    """Addresses of the thumbnail within 320 × 180, 640 × 360 and 1280 × 720 pixels."""

    small: str
    medium: str
    large: str


class CourseView(CourseCard):
    """A course with its outline. Modules that are not published are there for its staff only."""

    thumbnails: Thumbnails | None
    description: str
    requirements: list[str]
    skills: list[str]
    learning_objectives: list[str]
    target_audience: str
    creation_method: CreationMethod
    completion_status: CompletionStatus
    completion_percentage: int
    parent_version: int | None
    last_enrollment_date: Moment | None
    instructors: list[InstructorView]  # type: ignore[assignment]
    modules: list[ModuleOutlineView]
    versions: Versions
