"""Copies of what other services own, by event."""

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from assessment.models.table import Table
from shared.contracts.enrollment.events import EnrollmentStatus


class Course(Table):
    """Copy of a course. `revision` is the version of the owner's state; `staff` the ids of its instructors."""

    __tablename__ = "courses"
    __table_args__ = (
        Index(None, "slug"),
        Index(None, "staff", postgresql_using="gin"),
    )

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    slug: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    staff: Mapped[list[int]] = mapped_column(JSONB)
    is_published: Mapped[bool]
    is_deleted: Mapped[bool]


class Lesson(Table):
    """Copy of a lesson that stands in its course's outline now."""

    __tablename__ = "lessons"
    __table_args__ = (Index(None, "course_id"),)

    lesson_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id))
    title: Mapped[str] = mapped_column(Text)


class Enrollment(Table):
    """Copy of who learns which course."""

    __tablename__ = "enrollments"
    __table_args__ = (Index(None, "user_id", "course_id"),)

    enrollment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[EnrollmentStatus] = mapped_column(String(20))
