"""Templates of certificates: every edit is a new version, and what was issued keeps the one it was issued with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "template_images",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_template_images"),
    )
    op.create_table(
        "templates",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("course_id", sa.BigInteger()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("created_date", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("updated_date", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_templates"),
    )
    # One for each course, and one default.
    op.create_index(
        "uq_templates_course_id", "templates", ["course_id"], unique=True, postgresql_where=sa.text("NOT is_deleted")
    )
    op.create_index(
        "uq_templates_default",
        "templates",
        ["is_deleted"],
        unique=True,
        postgresql_where=sa.text("course_id IS NULL AND NOT is_deleted"),
    )
    op.create_table(
        "template_versions",
        # 1 is the built-in design: what was issued before there were templates names it.
        sa.Column("id", sa.BigInteger(), sa.Identity(start=2, maxvalue=9_999_999_999), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("design", JSONB(), nullable=False),
        sa.Column("logo_digest", sa.String(64)),
        sa.Column("signature_digest", sa.String(64)),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_date", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_template_versions"),
        sa.UniqueConstraint("template_id", "version", name="uq_template_versions_template_id_version"),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name="fk_template_versions_template_id"),
        sa.ForeignKeyConstraint(["logo_digest"], ["template_images.digest"], name="fk_template_versions_logo_digest"),
        sa.ForeignKeyConstraint(
            ["signature_digest"], ["template_images.digest"], name="fk_template_versions_signature_digest"
        ),
    )


def downgrade() -> None:
    raise NotImplementedError("Certificates name the versions of templates: they are not taken back.")
