"""Reviews of courses, who found them helpful, and what they come to."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, SmallInteger, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from enrollment.models.copies import Course
from enrollment.models.table import Moment, Table

ReviewStatus = Literal["pending", "approved", "rejected"]


class Review(Table):
    """What a user says of a course, once for each pair. The public sees it while it is approved."""

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("user_id", "course_id"),
        Index(None, "course_id", "status", "created_date", "id"),
        Index("ix_reviews_helpful", "course_id", "status", "helpful_count", "id"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("status IN ('pending', 'approved', 'rejected')", name="status"),
        CheckConstraint("helpful_count >= 0", name="helpful_count"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id))
    rating: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str] = mapped_column(Text, server_default="")
    content: Mapped[str] = mapped_column(Text)
    status: Mapped[ReviewStatus] = mapped_column(Text)
    moderation_notes: Mapped[str] = mapped_column(Text, server_default="")
    helpful_count: Mapped[int] = mapped_column(server_default="0")
    """Number of rows in `review_votes`; changes under this row's lock."""
    revision: Mapped[int] = mapped_column(BigInteger, server_default="1")
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Vote(Table):
    """Someone found a review helpful."""

    __tablename__ = "review_votes"
    __table_args__ = (Index(None, "user_id"),)

    review_id: Mapped[int] = mapped_column(
        ForeignKey(Review.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Rejection(Table):
    """A user's review of a course was rejected, and none approved since: deleting it and writing anew does not help."""

    __tablename__ = "review_rejections"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Rating(Table):
    """How many approved reviews of a course give how many stars. Changes by deltas, under this row's lock."""

    __tablename__ = "ratings"
    __table_args__ = (
        CheckConstraint("least(star_1, star_2, star_3, star_4, star_5) >= 0", name="stars"),
    )  # fmt: skip

    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id), primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger, server_default="0")
    star_1: Mapped[int] = mapped_column(server_default="0")
    star_2: Mapped[int] = mapped_column(server_default="0")
    star_3: Mapped[int] = mapped_column(server_default="0")
    star_4: Mapped[int] = mapped_column(server_default="0")
    star_5: Mapped[int] = mapped_column(server_default="0")
