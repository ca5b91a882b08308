"""The public log: a Merkle tree over every issue and revocation, which only grows."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # False for what is there, and for what the release before still issues: a schedule enters it into the log.
    op.add_column("certificates", sa.Column("is_logged", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_certificates_unlogged", "certificates", ["id"], postgresql_where=sa.text("NOT is_logged"))
    op.create_table(
        "log_entries",
        sa.Column("leaf_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("certificate_id", sa.BigInteger(), nullable=False),
        sa.Column("leaf_input", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name="pk_log_entries"),
        sa.UniqueConstraint("certificate_id", "kind", name="uq_log_entries_certificate_id_kind"),
        sa.ForeignKeyConstraint(["certificate_id"], ["certificates.id"], name="fk_log_entries_certificate_id"),
        sa.CheckConstraint("kind IN ('issue', 'revoke', 'supersede')", name=op.f("ck_log_entries_kind")),
    )
    op.create_table(
        "log_nodes",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("node_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "node_index", name="pk_log_nodes"),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_log_nodes_hash")),
    )
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'the public log only grows'; END $$
    """)
    for table in ("log_entries", "log_nodes"):
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("The log is not taken back: certificates were verified against it.")
