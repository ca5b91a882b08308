"""What learners do: by the hour, in partitions by day, and rolled up by the day.

What is known of the time before is filled in, as far as the rows of enrollments and progress tell it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_ENROLLMENTS = """
    INSERT INTO activity (user_id, hour, course_id, lesson_id, kind, count, seconds, score)
    SELECT user_id, date_trunc('hour', created_date, 'UTC'), course_id, 0, 'enrolled', 1, 0, 0 FROM enrollments
    UNION ALL
    SELECT user_id, date_trunc('hour', completion_date, 'UTC'), course_id, 0, 'completed', 1, 0, 0
    FROM enrollments WHERE completion_date IS NOT NULL
"""

_LESSONS = """
    INSERT INTO activity (user_id, hour, course_id, lesson_id, kind, count, seconds, score)
    SELECT user_id, date_trunc('hour', progress.last_accessed, 'UTC'), course_id, lesson_id, kind, 1,
        CASE kind WHEN 'worked' THEN time_spent ELSE 0 END, 0
    FROM progress JOIN enrollments ON enrollments.id = enrollment_id
        CROSS JOIN (VALUES ('started'), ('worked')) AS kinds (kind)
    WHERE progress.last_accessed IS NOT NULL
    UNION ALL
    SELECT user_id, date_trunc('hour', completed_date, 'UTC'), course_id, lesson_id, 'finished', 1, 0, 0
    FROM progress JOIN enrollments ON enrollments.id = enrollment_id WHERE completed_date IS NOT NULL
"""

_WATERMARK = """
    INSERT INTO activity_watermark (through)
    SELECT coalesce(min((hour AT TIME ZONE 'UTC')::date), (now() AT TIME ZONE 'UTC')::date) - 1 FROM activity
"""


def upgrade() -> None:
    _create_activity()
    _create_days()
    for statement in (_ENROLLMENTS, _LESSONS, _WATERMARK):
        op.execute(statement)


def _create_activity() -> None:
    op.create_table(
        "activity",
        *_ids("user_id"),
        sa.Column("hour", sa.TIMESTAMP(timezone=True), nullable=False),
        *_ids("course_id", "lesson_id"),
        sa.Column("kind", sa.Text, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("count", "seconds", "score")),
        sa.PrimaryKeyConstraint("user_id", "hour", "course_id", "lesson_id", "kind", name="pk_activity"),
        postgresql_partition_by="RANGE (hour)",
    )
    op.create_index("ix_activity_course_id_hour", "activity", ["course_id", "hour"])
    op.execute("CREATE TABLE activity_rest PARTITION OF activity DEFAULT")
    op.create_table(
        "activity_watermark",
        sa.Column("only", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("through", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_activity_watermark"),
    )


def _create_days() -> None:
    _create_day_table("activity_course_days", "course_id", measures=("count", "seconds", "score"))
    _create_day_table("activity_user_days", "user_id", measures=("count", "seconds", "score"))
    _create_day_table("activity_lesson_days", "course_id", "lesson_id", measures=("count", "seconds"))
    op.create_table(
        "activity_course_hours",
        *_ids("course_id"),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("hour", sa.SmallInteger, nullable=False, autoincrement=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("count", "seconds")),
        sa.PrimaryKeyConstraint("course_id", "day", "hour", name="pk_activity_course_hours"),
    )


def _create_day_table(name: str, first: str, *more: str, measures: tuple[str, ...]) -> None:
    op.create_table(
        name,
        *_ids(first),
        sa.Column("day", sa.Date, nullable=False),
        *_ids(*more),
        sa.Column("kind", sa.Text, nullable=False),
        *(sa.Column(measure, sa.BigInteger, nullable=False) for measure in measures),
        sa.PrimaryKeyConstraint(first, "day", *more, "kind", name=f"pk_{name}"),
    )


def _ids(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False, autoincrement=False) for name in names]
