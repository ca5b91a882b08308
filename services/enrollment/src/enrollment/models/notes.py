"""Learners' notes on lessons."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from enrollment.models.copies import Course
from enrollment.models.table import Moment, Table


class Note(Table):
    """What a learner notes on a lesson; for those in the course too, unless it is private."""

    __tablename__ = "notes"
    __table_args__ = (
        Index(None, "user_id", "created_date", "id"),
        Index("ix_notes_shared", "course_id", "created_date", "id", postgresql_where=text("NOT is_private")),
        CheckConstraint("cardinality(tags) <= 10", name="tags"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id))
    lesson_id: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[str] = mapped_column(Text)
    is_private: Mapped[bool] = mapped_column(server_default="true")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
