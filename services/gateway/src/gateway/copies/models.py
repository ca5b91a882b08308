"""Tables of copies. Their rows come and go by event only, in whatever order the events arrive."""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models import Table


class Course(Table):
    """A course: its name, and whether there still is one."""

    __tablename__ = "courses"

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    title: Mapped[str] = mapped_column(String)
    slug: Mapped[str] = mapped_column(String)
    is_published: Mapped[bool]
    is_deleted: Mapped[bool]
    revision: Mapped[int] = mapped_column(BigInteger)


class CourseStaff(Table):
    """An active instructor of a course."""

    __tablename__ = "course_staff"
    __table_args__ = (Index("ix_course_staff_user_id", "user_id"),)

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    is_lead: Mapped[bool]
    revision: Mapped[int] = mapped_column(BigInteger)
    """The course's, of which this row is part."""


class CourseMember(Table):
    """A user who is or was enrolled in a course."""

    __tablename__ = "course_members"
    __table_args__ = (Index("ix_course_members_user_id", "user_id"),)

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    enrollment_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(BigInteger)
    """The enrollment's."""
