"""Enrollments and the progress in them."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from enrollment.models.copies import Course
from enrollment.models.table import Moment, Table
from shared.contracts.enrollment.events import EnrollmentStatus

HeartbeatState = Literal["active", "paused", "idle"]


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
    policy_revision: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """The revision of the course's progress policy that the six counters below are for; 0 while there was none."""
    lesson_points: Mapped[int] = mapped_column(BigInteger, server_default="0")
    lesson_points_total: Mapped[int] = mapped_column(BigInteger, server_default="0")
    timely_seconds: Mapped[int] = mapped_column(BigInteger, server_default="0")
    expected_seconds: Mapped[int] = mapped_column(BigInteger, server_default="0")
    assessments_passed: Mapped[int] = mapped_column(server_default="0")
    assessments_required: Mapped[int] = mapped_column(server_default="0")
    last_accessed: Mapped[datetime] = mapped_column(Moment)
    last_lesson_accessed: Mapped[int | None] = mapped_column(BigInteger)
    completion_date: Mapped[datetime | None] = mapped_column(Moment)
    """When everything was done, for the first time and for good: it stays whatever happens to the course."""
    revision: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Progress(Table):
    """A learner in a lesson. Exists for every counted lesson of every enrollment; stays when the lesson goes.

    In partitions by enrollment. No column that changes is indexed, so that a change touches no index.
    """

    __tablename__ = "progress"
    __table_args__ = (
        Index(None, "id"),
        CheckConstraint("is_completed = (progress_percentage = 100)", name="completed"),
        CheckConstraint("is_completed = (completed_date IS NOT NULL)", name="completion"),
        CheckConstraint("progress_percentage BETWEEN 0 AND 100", name="percentage"),
        CheckConstraint("time_spent >= 0", name="time"),
        {"postgresql_partition_by": "HASH (enrollment_id)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    enrollment_id: Mapped[int] = mapped_column(ForeignKey(Enrollment.id), primary_key=True, autoincrement=False)
    lesson_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    is_completed: Mapped[bool] = mapped_column(server_default="false")
    completed_date: Mapped[datetime | None] = mapped_column(Moment)
    time_spent: Mapped[int] = mapped_column(server_default="0")
    """Seconds in all."""
    progress_percentage: Mapped[int] = mapped_column(server_default="0")
    position_seconds: Mapped[int | None]
    """Where in its video or audio the learner is, as the last heartbeat told."""
    heartbeat_state: Mapped[HeartbeatState | None] = mapped_column(Text)
    counted_until: Mapped[datetime | None] = mapped_column(Moment)
    """Up to when heartbeats have been counted here; null before the first one."""
    notes: Mapped[str] = mapped_column(Text, server_default="")
    last_accessed: Mapped[datetime | None] = mapped_column(Moment)
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class LearnerClock(Table):
    """Up to when heartbeats of a learner have been counted in any lesson: what is counted in one is not in another."""

    __tablename__ = "learner_clocks"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    counted_until: Mapped[datetime] = mapped_column(Moment)
