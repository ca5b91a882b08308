"""Reviews, votes for them, and the ratings they come to."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("rating", sa.SmallInteger, nullable=False),
        sa.Column("title", sa.Text, nullable=False, server_default=""),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("moderation_notes", sa.Text, nullable=False, server_default=""),
        sa.Column("helpful_count", sa.Integer, nullable=False, server_default="0"),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("user_id", "course_id", name="uq_reviews_user_id_course_id"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"], name="fk_reviews_course_id"),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_reviews_rating")),
        sa.CheckConstraint("status IN ('pending', 'approved', 'rejected')", name=op.f("ck_reviews_status")),
        sa.CheckConstraint("helpful_count >= 0", name=op.f("ck_reviews_helpful_count")),
    )
    op.create_index(
        "ix_reviews_course_id_status_created_date_id", "reviews", ["course_id", "status", "created_date", "id"]
    )
    op.create_index("ix_reviews_helpful", "reviews", ["course_id", "status", "helpful_count", "id"])
    op.create_table(
        "review_votes",
        sa.Column("review_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("review_id", "user_id", name="pk_review_votes"),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name="fk_review_votes_review_id", ondelete="CASCADE"
        ),
    )  # fmt: skip
    op.create_table(
        "review_rejections",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("course_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("user_id", "course_id", name="pk_review_rejections"),
    )
    _create_ratings()


def _create_ratings() -> None:
    stars = [sa.Column(f"star_{number}", sa.Integer, nullable=False, server_default="0") for number in range(1, 6)]
    op.create_table(
        "ratings",
        sa.Column("course_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"),
        *stars,
        sa.PrimaryKeyConstraint("course_id", name="pk_ratings"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"], name="fk_ratings_course_id"),
        sa.CheckConstraint(
            "least(star_1, star_2, star_3, star_4, star_5) >= 0", name=op.f("ck_ratings_stars")
        ),
    )  # fmt: skip
