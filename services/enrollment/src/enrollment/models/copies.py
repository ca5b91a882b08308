"""Copies, by event, of what other services own. `revision` is the version of the owner's state."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Numeric, Text

from enrollment.models.table import Moment, Table
from shared.contracts.gateway.events import Role


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
    __table_args__ = (Index(None, "lesson_id"),)

    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id), primary_key=True, autoincrement=False)
    lesson_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    module_id: Mapped[int] = mapped_column(BigInteger)
    module_title: Mapped[str] = mapped_column(Text)
    module_order: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(Text)
    order: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str] = mapped_column(Text)
    duration_minutes: Mapped[int | None]
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


class Assessment(Table):
    """Copy of an assessment: whether learners must pass it. A deleted one stays, whatever events come late."""

    __tablename__ = "assessments"
    __table_args__ = (Index(None, "course_id"),)

    assessment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(BigInteger)
    lesson_id: Mapped[int] = mapped_column(BigInteger)
    is_required: Mapped[bool]
    is_deleted: Mapped[bool]


class Attempt(Table):
    """Copy of a graded attempt. Where no standing was told, who has an attempt that `has_passed` has passed."""

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "user_id", "assessment_id"),)

    attempt_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    assessment_id: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    has_passed: Mapped[bool]


class Standing(Table):
    """Copy of a learner's standing in an assessment over all attempts: that of the highest version."""

    __tablename__ = "standings"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    assessment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
    has_passed: Mapped[bool]
