"""Enrollments, progress, and the copies they need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import create_bus_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_copies()
    _create_enrollments()
    _create_progress()
    create_bus_tables(op)


def _create_copies() -> None:
    op.create_table(
        "courses",
        sa.Column("course_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("thumbnail", sa.Text),
        sa.Column("price", sa.Numeric, nullable=False),
        sa.Column("discount_price", sa.Numeric),
        sa.Column("discount_ends", sa.TIMESTAMP(timezone=True)),
        sa.Column("is_draft", sa.Boolean, nullable=False),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.Column("is_deleted", sa.Boolean, nullable=False),
        sa.Column("staff", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("course_id", name="pk_courses"),
    )
    op.create_index("ix_courses_slug", "courses", ["slug"])
    op.create_table(
        "lessons",
        sa.Column("course_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("lesson_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("module_id", sa.BigInteger, nullable=False),
        sa.Column("module_title", sa.Text, nullable=False),
        sa.Column("module_order", sa.BigInteger, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("order", sa.BigInteger, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("is_counted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("course_id", "lesson_id", name="pk_lessons"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"], name="fk_lessons_course_id"),
    )
    op.create_table(
        "users",
        sa.Column("user_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("full_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_users"),
    )
    op.create_table(
        "certificates",
        sa.Column("certificate_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("enrollment_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("certificate_id", name="pk_certificates"),
    )
    op.create_index("ix_certificates_user_id", "certificates", ["user_id"])


def _create_enrollments() -> None:
    op.create_table(
        "enrollments",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("course_id", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="active"),
        sa.Column("progress_percentage", sa.Integer, nullable=False, server_default="0"),
        sa.Column("completed_lessons", sa.Integer, nullable=False, server_default="0"),
        sa.Column("total_lessons", sa.Integer, nullable=False, server_default="0"),
        sa.Column("total_time_spent", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("last_accessed", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_lesson_accessed", sa.BigInteger),
        sa.Column("completion_date", sa.TIMESTAMP(timezone=True)),
        sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("created_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_enrollments"),
        sa.UniqueConstraint("user_id", "course_id", name="uq_enrollments_user_id_course_id"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.course_id"], name="fk_enrollments_course_id"),
        sa.CheckConstraint(
            "status IN ('active', 'completed', 'dropped', 'suspended', 'unenrolled')",
            name=op.f("ck_enrollments_status"),
        ),
        sa.CheckConstraint(
            "status <> 'completed' OR completion_date IS NOT NULL", name=op.f("ck_enrollments_completion")
        ),
        sa.CheckConstraint("completed_lessons BETWEEN 0 AND total_lessons", name=op.f("ck_enrollments_lessons")),
        sa.CheckConstraint("progress_percentage BETWEEN 0 AND 100", name=op.f("ck_enrollments_percentage")),
        sa.CheckConstraint("total_time_spent >= 0", name=op.f("ck_enrollments_time")),
    )
    op.create_index("ix_enrollments_course_id_created_date_id", "enrollments", ["course_id", "created_date", "id"])


def _create_progress() -> None:
    op.create_table(
        "progress",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("enrollment_id", sa.BigInteger, nullable=False),
        sa.Column("lesson_id", sa.BigInteger, nullable=False),
        sa.Column("is_completed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("completed_date", sa.TIMESTAMP(timezone=True)),
        sa.Column("time_spent", sa.Integer, nullable=False, server_default="0"),
        sa.Column("progress_percentage", sa.Integer, nullable=False, server_default="0"),
        sa.Column("notes", sa.Text, nullable=False, server_default=""),
        sa.Column("last_accessed", sa.TIMESTAMP(timezone=True)),
        sa.Column("created_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_progress"),
        sa.UniqueConstraint("enrollment_id", "lesson_id", name="uq_progress_enrollment_id_lesson_id"),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollments.id"], name="fk_progress_enrollment_id"),
        sa.CheckConstraint("is_completed = (progress_percentage = 100)", name=op.f("ck_progress_completed")),
        sa.CheckConstraint("is_completed = (completed_date IS NOT NULL)", name=op.f("ck_progress_completion")),
        sa.CheckConstraint("progress_percentage BETWEEN 0 AND 100", name=op.f("ck_progress_percentage")),
        sa.CheckConstraint("time_spent >= 0", name=op.f("ck_progress_time")),
    )
