"""Tables of pushing: the log of messages, and what must be remembered to say each thing once."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, SmallInteger, String
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models import Table


class PushMessage(Table):
    """A message to an audience. Ids are committed in their order (`store.lock_log`), and kept for two days."""

    __tablename__ = "push_messages"
    __table_args__ = (
        Index("ix_push_messages_audience", "audience", "id"),
        Index("ix_push_messages_created_date", "created_date"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    audience: Mapped[str] = mapped_column(String(40))
    """`user:5`, `course:7`, `staff:7` or `all`."""
    type: Mapped[str] = mapped_column(String(40))
    course_id: Mapped[int | None] = mapped_column(BigInteger)
    assessment_id: Mapped[int | None] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_date: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class PushLesson(Table):
    """What learners were last told of a lesson."""

    __tablename__ = "push_lessons"

    enrollment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    lesson_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    is_completed: Mapped[bool]
    time_spent: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[int] = mapped_column(BigInteger)
    """The enrollment's."""


class PushMilestone(Table):
    """The highest milestone that a learner was told of."""

    __tablename__ = "push_milestones"

    enrollment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reached: Mapped[int] = mapped_column(SmallInteger)


class PushAttempt(Table):
    """An attempt at an assessment: whose clock runs until when."""

    __tablename__ = "push_attempts"
    __table_args__ = (Index("ix_push_attempts_user_id", "user_id", "assessment_id"),)

    attempt_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInteger)
    assessment_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(20))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revision: Mapped[int] = mapped_column(BigInteger)


class PushAssessment(Table):
    """An assessment: the course it is in, and when it is due."""

    __tablename__ = "push_assessments"
    __table_args__ = (Index("ix_push_assessments_due_date", "due_date"),)

    assessment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    course_id: Mapped[int] = mapped_column(BigInteger)
    lesson_id: Mapped[int] = mapped_column(BigInteger)
    title: Mapped[str]
    due_date: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    deadline_told: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """The due date that learners have been reminded of."""
    is_deleted: Mapped[bool]
    revision: Mapped[int] = mapped_column(BigInteger)
