"""notifications, webhooks, copies of courses and who is in them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("CREATE SEQUENCE notification_id")
    _copies()
    _notifications()
    _webhooks()


def _copies() -> None:
    op.create_table(
        "courses",
        sa.Column("course_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("slug", sa.String, nullable=False),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "course_staff",
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("is_lead", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("course_id", "user_id", name="pk_course_staff"),
    )
    op.create_index("ix_course_staff_user_id", "course_staff", ["user_id"])
    op.create_table(
        "course_members",
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("enrollment_id", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("course_id", "user_id", name="pk_course_members"),
    )
    op.create_index("ix_course_members_user_id", "course_members", ["user_id"])
    op.create_table(
        "assessment_deadlines",
        sa.Column("assessment_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("lesson_id", sa.BigInteger, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("due_date", TIME),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("announced_for", TIME),
    )
    op.create_index(
        "ix_assessment_deadlines_due_date",
        "assessment_deadlines",
        ["due_date"],
        postgresql_where=sa.text("due_date IS NOT NULL"),
    )


def _user() -> sa.Column[int]:
    return sa.Column("user_id", sa.BigInteger, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False)


def _notifications() -> None:
    next_id = sa.text("nextval('notification_id')")
    op.create_table(
        "digests",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        _user(),
        sa.Column("cadence", sa.String(10), nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.CheckConstraint("cadence IN ('daily', 'weekly')", name="cadence"),
    )
    op.create_index("ix_digests_user_id", "digests", ["user_id"])
    op.create_index("ix_digests_created_date", "digests", ["created_date"])
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger, primary_key=True, server_default=next_id, autoincrement=False),
        _user(),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("course_id", sa.BigInteger),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("is_web", sa.Boolean, nullable=False),
        sa.Column("is_read", sa.Boolean, nullable=False),
        sa.Column("email_cadence", sa.String(10)),
        sa.Column("digest_id", sa.BigInteger, sa.ForeignKey("digests.id", ondelete="SET NULL")),
        sa.Column("created_date", TIME, nullable=False),
        sa.UniqueConstraint("user_id", "source"),
        sa.CheckConstraint("email_cadence IN ('daily', 'weekly')", name="email_cadence"),
    )
    partial = {
        "list": (["user_id", "id"], "is_web"),
        "unread": (["user_id"], "is_web AND NOT is_read"),
        "to_digest": (["email_cadence", "user_id"], "email_cadence IS NOT NULL"),
        "digest_id": (["digest_id"], "digest_id IS NOT NULL"),
    }
    for name, (columns, where) in partial.items():
        op.create_index(f"ix_notifications_{name}", "notifications", columns, postgresql_where=sa.text(where))
    op.create_index("ix_notifications_created_date", "notifications", ["created_date"])
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.BigInteger, primary_key=True, server_default=next_id, autoincrement=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("created_by", sa.BigInteger, nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.CheckConstraint("type IN ('maintenance', 'feature_announcement')", name="type"),
    )
    op.create_index("ix_broadcasts_created_date", "broadcasts", ["created_date"])
    op.create_table(
        "broadcast_reads",
        _user(),
        sa.Column("broadcast_id", sa.BigInteger, sa.ForeignKey("broadcasts.id", ondelete="CASCADE"), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "broadcast_id", name="pk_broadcast_reads"),
    )
    op.create_index("ix_broadcast_reads_broadcast_id", "broadcast_reads", ["broadcast_id"])
    op.create_table(
        "notification_preferences",
        _user(),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("web", sa.Boolean, nullable=False),
        sa.Column("email", sa.Boolean, nullable=False),
        sa.Column("email_cadence", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "type", name="pk_notification_preferences"),
        sa.CheckConstraint("email_cadence IN ('immediate', 'daily', 'weekly', 'never')", name="email_cadence"),
    )
    op.create_index(
        "ix_notification_preferences_type",
        "notification_preferences",
        ["type", "user_id"],
        postgresql_where=sa.text("email"),
    )
    op.create_table(
        "notification_fanouts",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("audience", sa.String(20), nullable=False),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("source", sa.String(200), nullable=False, unique=True),
        sa.Column("course_id", sa.BigInteger),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("except_user", sa.BigInteger),
        sa.Column("after_user_id", sa.BigInteger, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.CheckConstraint("audience IN ('members', 'staff', 'mail_readers')", name="audience"),
    )
    op.create_index("ix_notification_fanouts_due_at", "notification_fanouts", ["due_at", "id"])


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("url", sa.String(2048), nullable=False),
        sa.Column("event_types", ARRAY(sa.String(100)), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("disabled_reason", sa.String(200)),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("place", sa.String(1000), nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("holder", sa.Uuid),
        sa.Column("created_date", TIME, nullable=False),
        sa.Column("updated_date", TIME, nullable=False),
    )
    op.create_index("ix_webhooks_due", "webhooks", ["next_attempt_at"], postgresql_where=sa.text("is_active"))
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("webhook_id", sa.BigInteger, sa.ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
        sa.Column("event_id", sa.String(40), nullable=False),
        sa.Column("event_type", sa.String(100), nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("is_redelivery", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("log", JSONB, nullable=False),
        sa.Column("created_date", TIME, nullable=False),
        sa.Column("completed_date", TIME),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'failed')", name="status"),
    )
    op.create_index(
        "ix_webhook_deliveries_pending",
        "webhook_deliveries",
        ["webhook_id", "id"],
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index("ix_webhook_deliveries_webhook_id", "webhook_deliveries", ["webhook_id", "id"])
    op.create_index(
        "uq_webhook_deliveries_event",
        "webhook_deliveries",
        ["webhook_id", "event_id"],
        unique=True,
        postgresql_where=sa.text("NOT is_redelivery"),
    )
    op.create_index("ix_webhook_deliveries_created_date", "webhook_deliveries", ["created_date"])


def downgrade() -> None:
    for table in (
        "webhook_deliveries",
        "webhooks",
        "notification_fanouts",
        "notification_preferences",
        "broadcast_reads",
        "broadcasts",
        "notifications",
        "digests",
        "assessment_deadlines",
        "course_members",
        "course_staff",
        "courses",
    ):
        op.drop_table(table)
    op.execute("DROP SEQUENCE notification_id")
