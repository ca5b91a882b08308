"""Courses, their categories and who teaches them."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from catalog.domain.choices import CompletionStatus, CreationMethod, Level
from catalog.domain.pricing import DEFAULT_PRICE
from catalog.models.table import Big, Choice, Id, Moment, Money, Strings, Table, document_of


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
Index(
    "ix_categories_words",
    func.to_tsvector(text("'plain'"), Category.name),
    postgresql_using="gin",
    postgresql_where=text("is_active"),
)


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
        document_of(
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
Index("ix_courses_featured", Course.created_date.desc(), Course.id.desc(), postgresql_where=text("is_featured"))
Index("ix_courses_drafts", Course.created_date.desc(), Course.id.desc(), postgresql_where=text("is_draft"))
# Of titles only: each enrollment changes how many learn, and with it all indexes of the row.
Index(
    "ix_courses_listed_trigrams",
    Course.title,
    postgresql_using="gin",
    postgresql_ops={"title": "gin_trgm_ops"},
    postgresql_where=LISTED,
)


class ListedChange(Table):
    """How many courses were listed, or no longer are: published, and not deleted. Their sum is how many there are.

    A counter that needs no lock: rows come by the trigger `listed` on `courses` (migration 0009), and are made one from
    time to time.
    """

    __tablename__ = "listed_changes"

    id: Mapped[Id]
    change: Mapped[int]


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
