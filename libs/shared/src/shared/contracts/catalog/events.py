"""Facts about courses. The course is the aggregate: its modules and lessons travel inside it."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.assessment.content import AssessmentContent
from shared.contracts.erasure import UserDataErased
from shared.contracts.event import Event, State

AccessLevel = Literal["guest", "registered", "premium"]


class Part(BaseModel):
    """A part of a course's state."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class CategoryRef(Part):
    id: int
    name: str
    slug: str


class StaffMember(Part):
    """An active instructor of the course; exactly one of them leads."""

    user_id: int
    name: str
    is_lead: bool


class LessonOutline(Part):
    lesson_id: int
    title: str
    order: int
    type: str
    access_level: AccessLevel
    is_free_preview: bool
    duration_minutes: int | None = None


class ModuleOutline(Part):
    module_id: int
    title: str
    order: int
    is_published: bool
    lessons: list[LessonOutline]


class CourseState(State):
    """A course with its staff and outline. Money in the platform's currency, two decimals; times in UTC."""

    course_id: int
    slug: str
    title: str
    subtitle: str = ""
    category: CategoryRef
    level: str
    language: str
    thumbnail: str | None = None
    price: Decimal
    discount_price: Decimal | None = None
    discount_ends: datetime | None = None
    has_certificate: bool
    is_draft: bool
    is_published: bool
    is_deleted: bool
    published_date: datetime | None = None
    duration_minutes: int | None = None
    staff: list[StaffMember]
    modules: list[ModuleOutline]

    def price_at(self, now: datetime) -> Decimal:
        """The discount price while one is set and has not ended, else the price."""
        open_ended = self.discount_ends is None or self.discount_ends > now
        return self.discount_price if self.discount_price is not None and open_ended else self.price

    def is_staff(self, user_id: int) -> bool:
        return any(member.user_id == user_id for member in self.staff)


class CourseEvent(CourseState, Event):
    KEY: ClassVar[str] = "course_id"


class CourseCreated(CourseEvent):
    """A course exists, as a draft."""

    TYPE: ClassVar[str] = "catalog.course.created.v1"


class CourseCloned(CourseEvent):
    """A course that was created a moment ago is a copy of another one, with what was taken over from it.

    `lesson_ids` has the lessons that were copied: id in the source → id in the copy. With `copy_assessments` their
    assessments are to be copied too, by the service that owns them.
    """

    TYPE: ClassVar[str] = "catalog.course.cloned.v1"

    source_course_id: int
    lesson_ids: dict[int, int]
    copy_assessments: bool


class AssessmentImported(Event):
    """An imported archive has an assessment for a lesson of the course that was just made from it.

    Carries the right answers, because the assessment service makes the assessment from it: once, as long as the lesson
    has none. `version` is the course's.
    """

    TYPE: ClassVar[str] = "catalog.assessment.imported.v1"
    KEY: ClassVar[str] = "course_id"

    course_id: int
    assessment: AssessmentContent


class CourseUpdated(CourseEvent):
    """Fields, staff or outline (modules, lessons, their order) of a course changed."""

    TYPE: ClassVar[str] = "catalog.course.updated.v1"


class CoursePublished(CourseEvent):
    """The course can be found and enrolled in."""

    TYPE: ClassVar[str] = "catalog.course.published.v1"


class CourseUnpublished(CourseEvent):
    """The course can no longer be found or enrolled in; those enrolled keep it."""

    TYPE: ClassVar[str] = "catalog.course.unpublished.v1"


class CourseDeleted(CourseEvent):
    """The course is gone from every list; its certificates still verify."""

    TYPE: ClassVar[str] = "catalog.course.deleted.v1"


class CategoryState(State):
    """A category. Inactive ones are shown to administrators only."""

    category_id: int
    name: str
    slug: str
    description: str = ""
    icon: str = ""
    sort_order: int = 0
    is_active: bool = True


class CategoryEvent(CategoryState, Event):
    KEY: ClassVar[str] = "category_id"


class CategoryCreated(CategoryEvent):
    """Courses can be put in a category."""

    TYPE: ClassVar[str] = "catalog.category.created.v1"


class CategoryUpdated(CategoryEvent):
    """Name or another field of a category changed, and so that of all courses in it; theirs are told no events."""

    TYPE: ClassVar[str] = "catalog.category.updated.v1"


class CategoryDeleted(CategoryEvent):
    """A category is gone. No course was in it."""

    TYPE: ClassVar[str] = "catalog.category.deleted.v1"


class ResourceDownloaded(Event):
    """A learner was given the file of a resource, or sent to where it is. Parts asked for later are not told."""

    TYPE: ClassVar[str] = "catalog.download.made.v1"
    KEY: ClassVar[str] = "download_id"

    download_id: UUID
    resource_id: int
    lesson_id: int
    course_id: int
    user_id: int


class CatalogUserDataErased(UserDataErased):
    """This service has forgotten a user who asked for it."""

    TYPE: ClassVar[str] = "catalog.user_data.erased.v1"


EVENTS: tuple[type[Event], ...] = (
    CourseCreated,
    CourseCloned,
    AssessmentImported,
    CourseUpdated,
    CoursePublished,
    CourseUnpublished,
    CourseDeleted,
    CategoryCreated,
    CategoryUpdated,
    CategoryDeleted,
    ResourceDownloaded,
    CatalogUserDataErased,
)
