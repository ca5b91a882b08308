"""What those in a course talk about."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from enrollment.models.copies import Course
from enrollment.models.table import Moment, Table

TopicKind = Literal["discussion", "question", "announcement"]


class Topic(Table):
    """Something to discuss, a question, or what the staff announce. The aggregate of its replies."""

    __tablename__ = "topics"
    __table_args__ = (
        Index(None, "course_id", "pinned", "last_activity", "id"),
        Index(None, "user_id"),
        Index("ix_topics_untold", "publish_at", postgresql_where=text("NOT is_told")),
        CheckConstraint("kind IN ('discussion', 'question', 'announcement')", name="kind"),
        CheckConstraint("publish_at IS NULL OR kind = 'announcement'", name="publish_at"),
        CheckConstraint("replies_count >= 0", name="replies_count"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id))
    lesson_id: Mapped[int | None] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[TopicKind] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    publish_at: Mapped[datetime | None] = mapped_column(Moment)
    """Learners do not see it before; null is at once."""
    is_told: Mapped[bool] = mapped_column(server_default="false")
    """Whether it has been told that learners see it."""
    pinned: Mapped[bool] = mapped_column(server_default="false")
    locked: Mapped[bool] = mapped_column(server_default="false")
    replies_count: Mapped[int] = mapped_column(server_default="0")
    last_activity: Mapped[datetime] = mapped_column(Moment)
    revision: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Reply(Table):
    """An answer to a topic, or to another reply in it. Written under the lock of its topic."""

    __tablename__ = "replies"
    __table_args__ = (Index(None, "topic_id", "created_date", "id"), Index(None, "parent_id"), Index(None, "user_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey(Topic.id, ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("replies.id", ondelete="SET NULL"))
    user_id: Mapped[int] = mapped_column(BigInteger)
    body: Mapped[str] = mapped_column(Text)
    endorsed: Mapped[bool] = mapped_column(server_default="false")
    """The course's staff stand behind it."""
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Report(Table):
    """Someone asks the staff to look at a reply."""

    __tablename__ = "reply_reports"
    __table_args__ = (Index(None, "user_id"),)

    reply_id: Mapped[int] = mapped_column(
        ForeignKey(Reply.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
