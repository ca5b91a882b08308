"""What learners do, by the hour; and what it comes to, by the day."""

from datetime import date, datetime
from typing import Literal

from sqlalchemy import BigInteger, Boolean, Date, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from enrollment.models.table import Moment, Table

ActivityKind = Literal[
    "enrolled", "reactivated", "unenrolled", "completed", "visited", "started", "worked", "finished", "graded",
    "reviewed", "noted", "asked", "replied", "downloaded", "logged_in",
]  # fmt: skip
"""Of the course: `enrolled` to `visited` (a visit begins after half an hour without work). Of a lesson: `started`
(once), `worked`, `finished`, `downloaded`. `graded` is an attempt, `asked` a topic. `logged_in` is of no course."""


class Activity(Table):
    """What a user did in an hour: how often, for how many seconds. In partitions by day, dropped when they are old.

    `score` sums the percentages of what was `graded`, in hundredths. `lesson_id` is 0 where it is not about a lesson,
    `course_id` where it is not about a course.
    """

    __tablename__ = "activity"
    __table_args__ = (Index(None, "course_id", "hour"), {"postgresql_partition_by": "RANGE (hour)"})

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hour: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lesson_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[ActivityKind] = mapped_column(Text, primary_key=True)
    count: Mapped[int]
    seconds: Mapped[int]
    score: Mapped[int]


class ActivityWatermark(Table):
    """The last day that is rolled up; the days after it are read from `activity`. One row."""

    __tablename__ = "activity_watermark"

    only: Mapped[bool] = mapped_column(Boolean, primary_key=True, server_default="true")
    through: Mapped[date] = mapped_column(Date)


class OfDay:
    """What was done on a day: how often, for how many seconds."""

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[int] = mapped_column(BigInteger)


class CourseDay(OfDay, Table):
    """A day in a course, by kind, with `active` for the number of users. Course 0 is all courses."""

    __tablename__ = "activity_course_days"

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    score: Mapped[int] = mapped_column(BigInteger)


class UserDay(OfDay, Table):
    """A day of a user over all courses, by kind."""

    __tablename__ = "activity_user_days"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    score: Mapped[int] = mapped_column(BigInteger)


class CourseHour(OfDay, Table):
    """Work in a course in an hour of a day, UTC."""

    __tablename__ = "activity_course_hours"

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hour: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)


class LessonDay(OfDay, Table):
    """A day in a lesson, by kind."""

    __tablename__ = "activity_lesson_days"

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lesson_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
