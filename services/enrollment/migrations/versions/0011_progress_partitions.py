"""Progress in partitions by enrollment.

The rows are copied while the table is locked: seconds for a million. A larger installation does it beforehand, without
the lock, as `docs/scaling.md` says; this then finds the table partitioned and leaves it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

PARTITIONS = 16

_COLUMNS = """
    id, enrollment_id, lesson_id, is_completed, completed_date, time_spent, progress_percentage, position_seconds,
    heartbeat_state, counted_until, notes, last_accessed, created_date, updated_date
"""


def upgrade() -> None:
    kind = op.get_bind().scalar(sa.text("SELECT relkind::text FROM pg_class WHERE oid = 'progress'::regclass"))
    if kind == "p":
        return
    op.execute("LOCK TABLE progress IN ACCESS EXCLUSIVE MODE")
    op.execute("ALTER TABLE progress RENAME TO progress_whole")
    op.execute("ALTER INDEX pk_progress RENAME TO pk_progress_whole")
    _create()
    op.execute(
        f"INSERT INTO progress ({_COLUMNS}) OVERRIDING SYSTEM VALUE SELECT {_COLUMNS} FROM progress_whole"  # noqa: S608
    )
    op.execute(
        "SELECT setval(pg_get_serial_sequence('progress', 'id'), greatest(max(id), 1), max(id) IS NOT NULL)"
        " FROM progress"
    )
    op.execute("DROP TABLE progress_whole")


def _create() -> None:
    op.create_table(
        "progress",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("enrollment_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("lesson_id", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("is_completed", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("completed_date", sa.TIMESTAMP(timezone=True)),
        sa.Column("time_spent", sa.Integer, nullable=False, server_default="0"),
        sa.Column("progress_percentage", sa.Integer, nullable=False, server_default="0"),
        sa.Column("notes", sa.Text, nullable=False, server_default=""),
        sa.Column("last_accessed", sa.TIMESTAMP(timezone=True)),
        sa.Column("created_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("updated_date", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("position_seconds", sa.Integer),
        sa.Column("heartbeat_state", sa.Text),
        sa.Column("counted_until", sa.TIMESTAMP(timezone=True)),
        sa.PrimaryKeyConstraint("enrollment_id", "lesson_id", name="pk_progress"),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollments.id"], name="fk_progress_enrollment_id"),
        sa.CheckConstraint("is_completed = (progress_percentage = 100)", name=op.f("ck_progress_completed")),
        sa.CheckConstraint("is_completed = (completed_date IS NOT NULL)", name=op.f("ck_progress_completion")),
        sa.CheckConstraint("progress_percentage BETWEEN 0 AND 100", name=op.f("ck_progress_percentage")),
        sa.CheckConstraint("time_spent >= 0", name=op.f("ck_progress_time")),
        postgresql_partition_by="HASH (enrollment_id)",
    )
    op.create_index("ix_progress_id", "progress", ["id"])
    for remainder in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE progress_{remainder} PARTITION OF progress"
            f" FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {remainder}) WITH (fillfactor = 85)"
        )
