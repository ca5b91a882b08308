"""Certificates, the keys that signed them, completed enrollments, and copies of what others own."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.migrations import create_bus_tables

revision: str = "0001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("due_at IS NOT NULL")


def upgrade() -> None:
    create_bus_tables(op)
    create_signing_keys()
    create_certificates()
    create_completions()
    create_copies()


def create_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(43), nullable=False),
        sa.Column("x", sa.String(43), nullable=False),
        created_date(),
        sa.PrimaryKeyConstraint("kid", name="pk_signing_keys"),
    )


def create_certificates() -> None:
    op.create_table(
        "certificates",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("certificate_number", sa.String(50), nullable=False),
        sa.Column("enrollment_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("student_name", sa.Text(), nullable=False),
        sa.Column("course_title", sa.Text(), nullable=False),
        sa.Column("course_slug", sa.Text(), nullable=False),
        sa.Column("course_level", sa.Text(), nullable=False),
        sa.Column("course_duration_minutes", sa.Integer()),
        sa.Column("instructor_name", sa.Text(), nullable=False),
        sa.Column("completion_date", MOMENT, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("revocation_date", MOMENT),
        sa.Column("revocation_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("verification_hash", sa.String(64), nullable=False),
        sa.Column("signature", sa.String(86), nullable=False),
        sa.Column("key_id", sa.String(43), nullable=False),
        sa.Column("template_version", sa.String(10), nullable=False),
        sa.Column("supersedes_id", sa.BigInteger()),
        created_date(),
        updated_date(),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
        sa.UniqueConstraint("certificate_number", name="uq_certificates_certificate_number"),
        sa.UniqueConstraint("supersedes_id", name="uq_certificates_supersedes_id"),
        sa.ForeignKeyConstraint(["key_id"], ["signing_keys.kid"], name="fk_certificates_key_id"),
        sa.ForeignKeyConstraint(["supersedes_id"], ["certificates.id"], name="fk_certificates_supersedes_id"),
        sa.CheckConstraint(
            "status IN ('active', 'revoked', 'expired', 'superseded')", name=op.f("ck_certificates_status")
        ),
        sa.CheckConstraint(
            "(status = 'revoked') = (revocation_date IS NOT NULL)", name=op.f("ck_certificates_revocation")
        ),
    )
    # At most one active certificate for an enrollment, whatever comes twice or at once.
    op.create_index(
        "uq_certificates_enrollment_id",
        "certificates",
        ["enrollment_id"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("ix_certificates_enrollment_id", "certificates", ["enrollment_id"])
    op.create_index("ix_certificates_user_id_issued_at", "certificates", ["user_id", "issued_at"])
    op.create_index("ix_certificates_course_id_issued_at", "certificates", ["course_id", "issued_at"])
    op.create_index("ix_certificates_issued_at", "certificates", ["issued_at"])
    op.create_index("ix_certificates_completion_date", "certificates", ["completion_date"])


def create_completions() -> None:
    op.create_table(
        "completions",
        sa.Column("enrollment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("completed_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("due_at", MOMENT),
        sa.Column("checks", sa.Integer(), nullable=False, server_default="0"),
        created_date(),
        updated_date(),
        sa.PrimaryKeyConstraint("enrollment_id", name="pk_completions"),
        sa.CheckConstraint(
            "state IN ('pending', 'awaiting_assessments', 'issued', 'not_applicable')",
            name=op.f("ck_completions_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('pending', 'awaiting_assessments')) = (due_at IS NOT NULL)",
            name=op.f("ck_completions_due_while_open"),
        ),
    )
    op.create_index("ix_completions_due_at", "completions", ["due_at"], postgresql_where=OPEN)
    op.create_index("ix_completions_course_id_open", "completions", ["course_id"], postgresql_where=OPEN)
    op.create_index("ix_completions_user_id", "completions", ["user_id", "course_id"])


def create_copies() -> None:
    op.create_table(
        "courses",
        sa.Column("course_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("duration_minutes", sa.Integer()),
        sa.Column("has_certificate", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("staff", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("course_id", name="pk_courses"),
    )
    op.create_index("ix_courses_slug", "courses", ["slug"])
    op.create_table(
        "users",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_users"),
    )
    op.create_table(
        "assessments",
        sa.Column("assessment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", name="pk_assessments"),
    )
    op.create_index("ix_assessments_course_id", "assessments", ["course_id"])
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("assessment_id", sa.BigInteger(), nullable=False),
        sa.Column("has_passed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_attempts"),
    )
    op.create_index(
        "ix_attempts_passed", "attempts", ["user_id", "assessment_id"], postgresql_where=sa.text("has_passed")
    )


def created_date() -> sa.Column[object]:
    return sa.Column("created_date", MOMENT, nullable=False, server_default=sa.func.now())


def updated_date() -> sa.Column[object]:
    return sa.Column("updated_date", MOMENT, nullable=False, server_default=sa.func.now())


def downgrade() -> None:
    raise NotImplementedError("The first migration is not undone: drop the schema instead.")
