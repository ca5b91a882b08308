"""The catalog's tables: what it owns, then the copies it keeps of other services' facts.

A course is the aggregate of its instructors, modules and lessons. Whoever changes any of them locks the course's row
first (`store`) and raises its `revision`, which is the version of its events. Deleting a course is soft: its row, slug
and outline stay.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    MetaData,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from catalog.domain.choices import (
    AccessLevel,
    CompletionStatus,
    CreationMethod,
    LessonType,
    Level,
    ResourceType,
    WordKind,
)
from catalog.domain.pricing import DEFAULT_PRICE
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.contracts.gateway.events import Role
from shared.database import CONSTRAINT_NAMES

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
OwnersId = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
"""Key of a copy: given by the service that owns the fact."""
Big = Annotated[int, mapped_column(BigInteger)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Strings = Annotated[list[str], mapped_column(JSONB)]
Choice = String(20)
Money = Numeric(10, 2)


class Table(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class Category(Table):
    """A category that courses are put in. `slug` never changes; `revision` is the version of its events."""

    __tablename__ = "categories"
    __table_args__ = (Index("ix_categories_sort_order_name_id", "sort_order", "name", "id"),)

    id: Mapped[Id]
    revision: Mapped[Big] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    icon: Mapped[str] = mapped_column(String(50), default="")
    sort_order: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_date: Mapped[Moment]
    updated_date: Mapped[Moment]


Index("uq_categories_name", func.lower(Category.name), unique=True)


def _document(*columns: tuple[str, str]) -> Computed:
    """The words of these columns by weight, for full-text search; spelled as PostgreSQL gives it back."""
    types = {"tags": "", "skills": "", "learning_objectives": "", "title": "::text", "subtitle": "::text"}
    parts = (
        f"setweight(to_tsvector('stemmed'::regconfig, {name}{types.get(name, '')}), '{weight}'::\"char\")"
        for name, weight in columns
    )
    return Computed(" || ".join(parts), persisted=True)


class File(Table):
    """A file in storage. Its row is there before the first byte and until after the last, so none is lost sight of.

    `is_whole`: all of it arrived, and something named it then; before, it is an upload under way, or one that broke
    off. One with `variants` is as many objects (`store.files`). Several rows may name one file.
    """

    __tablename__ = "files"

    storage_key: Mapped[str] = mapped_column(String(512), primary_key=True)
    variants: Mapped[Strings] = mapped_column(default=list)
    is_whole: Mapped[bool] = mapped_column(default=False)
    created_date: Mapped[Moment] = mapped_column(index=True)


class Course(Table):
    """A course. `family_id` is the id of the first of its versions: its own, unless it is a clone.

    In a family each number is given once, also a deleted version's; titles differ among those not deleted. Both are
    given out under `store.slugs.lock_names`.

    `enrolled_students_count` and `last_enrollment_date` follow the copies in `enrollments`, `avg_rating` and
    `total_reviews` are a copy of what enrollment tells (its version: `rating_revision`); they are not changes of the
    course and leave `revision` alone. So is `is_sequential`, whether lessons are learned in order (`policy_revision`).
    `thumbnail` is the address of the file `thumbnail_key` in its largest size. `outline` has the titles of published
    modules and their lessons, to be found by, in `document`.
    """

    __tablename__ = "courses"
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - as SQLAlchemy declares it
    __table_args__ = (
        CheckConstraint("price BETWEEN 0 AND 10000", name="price"),
        CheckConstraint("discount_price >= 0 AND discount_price < price", name="discount_price"),
        CheckConstraint("NOT is_published OR published_date IS NOT NULL", name="published_date"),
        CheckConstraint("NOT (is_published AND is_archived)", name="is_archived"),
        UniqueConstraint("family_id", "version"),
    )

    id: Mapped[Id]
    revision: Mapped[Big] = mapped_column(default=0)
    slug: Mapped[str] = mapped_column(String(100), unique=True)
    title: Mapped[str] = mapped_column(String(160))
    subtitle: Mapped[str] = mapped_column(String(255), default="")
    description: Mapped[str] = mapped_column(Text)
    category_id: Mapped[Big] = mapped_column(ForeignKey("categories.id", ondelete="RESTRICT"), index=True)
    thumbnail: Mapped[str | None] = mapped_column(String(512))
    thumbnail_key: Mapped[str | None] = mapped_column(ForeignKey("files.storage_key"), index=True)
    price: Mapped[Decimal] = mapped_column(Money, default=DEFAULT_PRICE)
    discount_price: Mapped[Decimal | None] = mapped_column(Money)
    discount_ends: Mapped[Moment | None]
    requirements: Mapped[Strings] = mapped_column(default=list)
    skills: Mapped[Strings] = mapped_column(default=list)
    learning_objectives: Mapped[Strings] = mapped_column(default=list)
    tags: Mapped[Strings] = mapped_column(default=list)
    target_audience: Mapped[str] = mapped_column(Text, default="")
    level: Mapped[Level] = mapped_column(Choice, default="all_levels")
    language: Mapped[str] = mapped_column(String(35), default="en")
    creation_method: Mapped[CreationMethod] = mapped_column(Choice, default="builder")
    completion_status: Mapped[CompletionStatus] = mapped_column(Choice, default="not_started")
    completion_percentage: Mapped[int] = mapped_column(default=0)
    version: Mapped[Decimal] = mapped_column(Numeric(6, 1), default=Decimal("1.0"))
    family_id: Mapped[Big]
    parent_version_id: Mapped[Big | None] = mapped_column(ForeignKey("courses.id", ondelete="SET NULL"))
    is_draft: Mapped[bool] = mapped_column(default=True)
    is_published: Mapped[bool] = mapped_column(default=False)
    published_date: Mapped[Moment | None]
    is_deleted: Mapped[bool] = mapped_column(default=False)
    is_archived: Mapped[bool] = mapped_column(default=False)
    has_certificate: Mapped[bool] = mapped_column(default=False)
    is_featured: Mapped[bool] = mapped_column(default=False)
    duration_minutes: Mapped[int | None]
    lessons_count: Mapped[int] = mapped_column(default=0)
    enrolled_students_count: Mapped[int] = mapped_column(default=0)
    last_enrollment_date: Mapped[Moment | None]
    avg_rating: Mapped[float] = mapped_column(default=0.0)
    total_reviews: Mapped[int] = mapped_column(default=0)
    rating_revision: Mapped[Big] = mapped_column(default=0)
    is_sequential: Mapped[bool] = mapped_column(default=False)
    policy_revision: Mapped[Big] = mapped_column(default=0)
    outline: Mapped[str] = mapped_column(Text, default="")
    document: Mapped[str] = mapped_column(
        TSVECTOR,
        _document(
            ("title", "A"),
            ("subtitle", "B"),
            ("tags", "B"),
            ("skills", "C"),
            ("learning_objectives", "C"),
            ("outline", "C"),
            ("description", "D"),
        ),
        deferred=True,
    )
    created_date: Mapped[Moment]
    updated_date: Mapped[Moment]


Index(
    "uq_courses_family_id_title",
    Course.family_id,
    func.lower(Course.title),
    unique=True,
    postgresql_where=text("NOT is_deleted"),
)
LISTED = text("is_published AND NOT is_deleted")
"""What the public list shows. Each of its orders, and each filter, has an index of just these rows."""
Index("ix_courses_listed_created_date", Course.created_date.desc(), Course.id.desc(), postgresql_where=LISTED)
Index("ix_courses_listed_published_date", Course.published_date, Course.id, postgresql_where=LISTED)
Index("ix_courses_listed_title", func.lower(Course.title), Course.id, postgresql_where=LISTED)
Index("ix_courses_listed_price", Course.price, Course.id, postgresql_where=LISTED)
Index("ix_courses_listed_avg_rating", Course.avg_rating, Course.id, postgresql_where=LISTED)
Index("ix_courses_listed_enrolled", Course.enrolled_students_count, Course.id, postgresql_where=LISTED)
Index("ix_courses_listed_category", Course.category_id, Course.created_date.desc(), postgresql_where=LISTED)
Index("ix_courses_listed_level", Course.level, Course.created_date.desc(), postgresql_where=LISTED)
Index("ix_courses_listed_duration", Course.duration_minutes, postgresql_where=LISTED)
Index("ix_courses_listed_language", func.lower(Course.language), Course.created_date.desc(), postgresql_where=LISTED)
Index(
    "ix_courses_tags",
    Course.tags,
    postgresql_using="gin",
    postgresql_ops={"tags": "jsonb_path_ops"},
    postgresql_where=LISTED,
)
Index(
    "ix_courses_title_words",
    func.to_tsvector(text("'plain'"), Course.title),
    postgresql_using="gin",
    postgresql_where=LISTED,
)
Index("ix_courses_featured", Course.created_date.desc(), Course.id.desc(), postgresql_where=text("is_featured"))
Index("ix_courses_drafts", Course.created_date.desc(), Course.id.desc(), postgresql_where=text("is_draft"))
Index(
    "ix_courses_words",
    Course.title,
    Course.subtitle,
    Course.description,
    postgresql_using="gin",
    postgresql_ops=dict.fromkeys(("title", "subtitle", "description"), "gin_trgm_ops"),
)


class SearchedCourse(Table):
    """What searches look at of a published course: a narrow copy, so that a common word touches few pages.

    Kept by the trigger `searched` on `courses` (migration 0007): nobody else writes it. Columns are named as there.
    """

    __tablename__ = "searched_courses"

    id: Mapped[OwnersId] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    category_id: Mapped[Big]
    discount_ends: Mapped[Moment | None]
    avg_rating: Mapped[float]
    enrolled_students_count: Mapped[int]
    duration_minutes: Mapped[int | None]
    has_certificate: Mapped[bool]
    is_featured: Mapped[bool]
    price: Mapped[Decimal] = mapped_column(Money)
    discount_price: Mapped[Decimal | None] = mapped_column(Money)
    level: Mapped[Level] = mapped_column(Choice)
    language: Mapped[str] = mapped_column(String(35))
    creation_method: Mapped[CreationMethod] = mapped_column(Choice)
    document: Mapped[str] = mapped_column(TSVECTOR)


Index("ix_searched_courses_document", SearchedCourse.document, postgresql_using="gin")


class CourseInstructor(Table):
    """Who teaches a course. `title` and `bio` are for this course; the name is the user's (`users`)."""

    __tablename__ = "course_instructors"

    course_id: Mapped[Big] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[Big] = mapped_column(primary_key=True, index=True)
    title: Mapped[str] = mapped_column(String(100), default="")
    bio: Mapped[str] = mapped_column(Text, default="")
    is_lead: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_date: Mapped[Moment]
    updated_date: Mapped[Moment]


Index("uq_course_instructors_lead", CourseInstructor.course_id, unique=True, postgresql_where=text("is_lead"))


class Module(Table):
    """A section of a course. The unique order is checked at the end of a statement, so that one can permute it."""

    __tablename__ = "modules"
    __table_args__ = (
        UniqueConstraint("course_id", "order", deferrable=True),
        CheckConstraint('"order" > 0', name="order"),
    )

    id: Mapped[Id]
    course_id: Mapped[Big] = mapped_column(ForeignKey("courses.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    order: Mapped[int]
    duration_minutes: Mapped[int | None]
    is_published: Mapped[bool] = mapped_column(default=False)
    created_date: Mapped[Moment]
    updated_date: Mapped[Moment]


class Lesson(Table):
    """A lesson, with a body for each tier: `content` is the full one."""

    __tablename__ = "lessons"
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - as SQLAlchemy declares it
    __table_args__ = (
        UniqueConstraint("module_id", "order", deferrable=True),
        CheckConstraint('"order" > 0', name="order"),
        CheckConstraint("duration_minutes BETWEEN 0 AND 10080", name="duration_minutes"),
        CheckConstraint("access_level <> 'guest' OR coalesce(guest_content, '') <> ''", name="guest_content"),
    )

    id: Mapped[Id]
    module_id: Mapped[Big] = mapped_column(ForeignKey("modules.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(255))
    order: Mapped[int]
    type: Mapped[LessonType] = mapped_column(Choice, default="video")
    content: Mapped[str] = mapped_column(Text)
    guest_content: Mapped[str | None] = mapped_column(Text)
    registered_content: Mapped[str | None] = mapped_column(Text)
    access_level: Mapped[AccessLevel] = mapped_column(Choice, default="registered")
    is_free_preview: Mapped[bool] = mapped_column(default=False)
    has_lab: Mapped[bool] = mapped_column(default=False)
    video_url: Mapped[str] = mapped_column(String(500), default="")
    transcript: Mapped[str | None] = mapped_column(Text)
    duration_minutes: Mapped[int | None]
    resources_count: Mapped[int] = mapped_column(default=0)
    document: Mapped[str] = mapped_column(TSVECTOR, _document(("title", "A"), ("content", "D")), deferred=True)
    created_date: Mapped[Moment]
    updated_date: Mapped[Moment]


Index("ix_lessons_document", Lesson.document, postgresql_using="gin")


class Resource(Table):
    """What a lesson brings along: a file in storage, or an address elsewhere.

    What is known of a file (`file_size` in bytes, `mime_type`, duration, size in pixels) was read from the file itself.
    """

    __tablename__ = "resources"
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - as SQLAlchemy declares it
    __table_args__ = (
        UniqueConstraint("lesson_id", "order", deferrable=True),
        CheckConstraint('"order" > 0', name="order"),
        CheckConstraint("storage_key IS NOT NULL OR url <> ''", name="content"),
        CheckConstraint("uploaded = (storage_key IS NOT NULL)", name="uploaded"),
    )

    id: Mapped[Id]
    lesson_id: Mapped[Big] = mapped_column(ForeignKey("lessons.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(255))
    type: Mapped[ResourceType] = mapped_column(Choice)
    description: Mapped[str] = mapped_column(Text, default="")
    order: Mapped[int]
    url: Mapped[str] = mapped_column(String(2000), default="")
    premium: Mapped[bool] = mapped_column(default=False)
    uploaded: Mapped[bool] = mapped_column(default=False)
    storage_key: Mapped[str | None] = mapped_column(ForeignKey("files.storage_key"), index=True)
    file_name: Mapped[str] = mapped_column(String(255), default="")
    file_size: Mapped[Big | None]
    mime_type: Mapped[str] = mapped_column(String(120), default="")
    duration_minutes: Mapped[int | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    document: Mapped[str] = mapped_column(TSVECTOR, _document(("title", "A"), ("description", "D")), deferred=True)
    created_date: Mapped[Moment]
    updated_date: Mapped[Moment]


Index("ix_resources_document", Resource.document, postgresql_using="gin")


class User(Table):
    """Copy of a user of the gateway. `revision` 0: no event yet, only what the user's own request told."""

    __tablename__ = "users"

    user_id: Mapped[OwnersId]
    revision: Mapped[Big]
    full_name: Mapped[str] = mapped_column(Text)
    role: Mapped[Role] = mapped_column(Choice)
    is_active: Mapped[bool] = mapped_column(default=True)


Index(
    "ix_users_teachers",
    func.to_tsvector(text("'plain'"), User.full_name),
    postgresql_using="gin",
    postgresql_where=text("role <> 'student'"),
)


class Enrollment(Table):
    """Copy of an enrollment: who may read what, and how many."""

    __tablename__ = "enrollments"
    __table_args__ = (UniqueConstraint("user_id", "course_id"), Index("ix_enrollments_course_id", "course_id"))

    enrollment_id: Mapped[OwnersId]
    revision: Mapped[Big]
    user_id: Mapped[Big]
    course_id: Mapped[Big]
    status: Mapped[EnrollmentStatus] = mapped_column(Choice)


class LessonAssessment(Table):
    """Copy of which lesson has an assessment. A deleted one stays, so that a late event cannot bring it back."""

    __tablename__ = "lesson_assessments"

    assessment_id: Mapped[OwnersId]
    revision: Mapped[Big]
    lesson_id: Mapped[Big] = mapped_column(index=True)
    is_deleted: Mapped[bool]


class SearchWord(Table):
    """A word or tag of published courses: what searches are corrected to, and what is suggested.

    New ones come with the change of a course; `courses`, how many have it, is counted anew from time to time.
    """

    __tablename__ = "search_words"

    kind: Mapped[WordKind] = mapped_column(Choice, primary_key=True)
    word: Mapped[str] = mapped_column(String(50), primary_key=True)
    courses: Mapped[int]


Index("ix_search_words_prefix", SearchWord.word, postgresql_ops={"word": "varchar_pattern_ops"})
Index(
    "ix_search_words_similar",
    SearchWord.word,
    postgresql_using="gin",
    postgresql_ops={"word": "gin_trgm_ops"},
    postgresql_where=text("kind = 'word'"),
)


class Searches(Table):
    """How often a term was searched for on a day, and what came of it. Nothing tells who searched.

    `positions` and `milliseconds` are sums: of the places of results that were chosen, and of the time searches took.
    """

    __tablename__ = "searches"

    day: Mapped[date] = mapped_column(primary_key=True)
    term: Mapped[str] = mapped_column(String(100), primary_key=True)
    searches: Mapped[Big]
    without_result: Mapped[Big]
    clicks: Mapped[Big]
    positions: Mapped[Big]
    milliseconds: Mapped[float]
