"""Tables. Enrollments and progress are owned here; courses, lessons, users and certificates are copies by event.

Rows are locked in one order everywhere: course, then enrollments by id, then progress. `shared` locks of a course keep
its outline still while someone enrolls.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, MetaData, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import Numeric, Text

from shared.contracts.enrollment.events import EnrollmentStatus
from shared.contracts.gateway.events import Role
from shared.database import CONSTRAINT_NAMES

Moment = TIMESTAMP(timezone=True)


class Table(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class Course(Table):
    """Copy of a course as far as enrolling needs it. `revision` is the version of the owner's state."""

    __tablename__ = "courses"
    __table_args__ = (Index(None, "slug"),)

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    slug: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    thumbnail: Mapped[str | None] = mapped_column(Text)
    price: Mapped[Decimal] = mapped_column(Numeric)
    discount_price: Mapped[Decimal | None] = mapped_column(Numeric)
    discount_ends: Mapped[datetime | None] = mapped_column(Moment)
    is_draft: Mapped[bool]
    is_published: Mapped[bool]
    is_deleted: Mapped[bool]
    staff: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    """`[{user_id, name, is_lead}]`, the active instructors."""


class Lesson(Table):
    """Copy of a lesson in a course's outline. One that left the outline stays, and is not counted."""

    __tablename__ = "lessons"

    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id), primary_key=True, autoincrement=False)
    lesson_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    module_id: Mapped[int] = mapped_column(BigInteger)
    module_title: Mapped[str] = mapped_column(Text)
    module_order: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(Text)
    order: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(Text)
    is_counted: Mapped[bool]
    """Whether learners see it and need it: its module is published, and the lesson is in it."""


class User(Table):
    """Copy of a user. Revision 0 is what a learner's own request told, before any event did."""

    __tablename__ = "users"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    full_name: Mapped[str] = mapped_column(Text)
    role: Mapped[Role] = mapped_column(Text)
    is_active: Mapped[bool]


class Certificate(Table):
    """Copy of a certificate, to be counted."""

    __tablename__ = "certificates"
    __table_args__ = (Index(None, "user_id"),)

    certificate_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    enrollment_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(Text)


class Enrollment(Table):
    """A user in a course: the aggregate. Counters follow the rows of `progress` by deltas, under this row's lock."""

    __tablename__ = "enrollments"
    __table_args__ = (
        UniqueConstraint("user_id", "course_id"),
        Index(None, "course_id", "created_date", "id"),
        CheckConstraint("status IN ('active', 'completed', 'dropped', 'suspended', 'unenrolled')", name="status"),
        CheckConstraint("status <> 'completed' OR completion_date IS NOT NULL", name="completion"),
        CheckConstraint("completed_lessons BETWEEN 0 AND total_lessons", name="lessons"),
        CheckConstraint("progress_percentage BETWEEN 0 AND 100", name="percentage"),
        CheckConstraint("total_time_spent >= 0", name="time"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id))
    status: Mapped[EnrollmentStatus] = mapped_column(Text, server_default="active")
    progress_percentage: Mapped[int] = mapped_column(server_default="0")
    completed_lessons: Mapped[int] = mapped_column(server_default="0")
    total_lessons: Mapped[int] = mapped_column(server_default="0")
    total_time_spent: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Seconds, over all lessons the learner ever worked on."""
    last_accessed: Mapped[datetime] = mapped_column(Moment)
    last_lesson_accessed: Mapped[int | None] = mapped_column(BigInteger)
    completion_date: Mapped[datetime | None] = mapped_column(Moment)
    """When everything was done, for the first time and for good: it stays whatever happens to the course."""
    revision: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Progress(Table):
    """A learner in a lesson. Exists for every counted lesson of every enrollment; stays when the lesson goes."""

    __tablename__ = "progress"
    __table_args__ = (
        UniqueConstraint("enrollment_id", "lesson_id"),
        CheckConstraint("is_completed = (progress_percentage = 100)", name="completed"),
        CheckConstraint("is_completed = (completed_date IS NOT NULL)", name="completion"),
        CheckConstraint("progress_percentage BETWEEN 0 AND 100", name="percentage"),
        CheckConstraint("time_spent >= 0", name="time"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    enrollment_id: Mapped[int] = mapped_column(ForeignKey(Enrollment.id))
    lesson_id: Mapped[int] = mapped_column(BigInteger)
    is_completed: Mapped[bool] = mapped_column(server_default="false")
    completed_date: Mapped[datetime | None] = mapped_column(Moment)
    time_spent: Mapped[int] = mapped_column(server_default="0")
    """Seconds in all."""
    progress_percentage: Mapped[int] = mapped_column(server_default="0")
    notes: Mapped[str] = mapped_column(Text, server_default="")
    last_accessed: Mapped[datetime | None] = mapped_column(Moment)
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
