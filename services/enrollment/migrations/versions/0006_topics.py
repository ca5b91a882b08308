"""Topics of courses, replies to them, and reports of replies."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _create_topics()
    op.create_table(
        "replies",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("topic_id", sa.BigInteger, nullable=False),
        sa.Column("parent_id", sa.BigInteger),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("endorsed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_replies"),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name="fk_replies_topic_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["replies.id"], name="fk_replies_parent_id", ondelete="SET NULL"),
    )
    op.create_index("ix_replies_topic_id_created_date_id", "replies", ["topic_id", "created_date", "id"])
    op.create_index("ix_replies_parent_id", "replies", ["parent_id"])
    op.create_table(
        "reply_reports",
        sa.Column("reply_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("reply_id", "user_id", name="pk_reply_reports"),
        sa.ForeignKeyConstraint(["reply_id"], ["replies.id"], name="fk_reply_reports_reply_id", ondelete="CASCADE"),
    )


def _create_topics() -> None:
    op.create_table(
        "topics",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("lesson_id", sa.BigInteger),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("publish_at", sa.TIMESTAMP(timezone=True)),
        sa.Column("is_told", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("locked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("replies_count", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_activity", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_topics"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"], name="fk_topics_course_id"),
        sa.CheckConstraint("kind IN ('discussion', 'question', 'announcement')", name=op.f("ck_topics_kind")),
        sa.CheckConstraint("publish_at IS NULL OR kind = 'announcement'", name=op.f("ck_topics_publish_at")),
        sa.CheckConstraint("replies_count >= 0", name=op.f("ck_topics_replies_count")),
    )
    op.create_index(
        "ix_topics_course_id_pinned_last_activity_id", "topics", ["course_id", "pinned", "last_activity", "id"]
    )
    op.create_index("ix_topics_untold", "topics", ["publish_at"], postgresql_where=sa.text("NOT is_told"))
