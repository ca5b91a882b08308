"""Migrations on a database with rows in it."""

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command

from shared import migrations
from shared.testing import Environment

_ROWS = """
    INSERT INTO courses (course_id, revision, slug, title, price, is_draft, is_published, is_deleted, staff)
    VALUES (5, 1, 'first-aid', 'First aid', 0, false, true, false, '[]');
    INSERT INTO enrollments (user_id, course_id, status, last_accessed, created_date, completion_date)
    SELECT number, 5, 'completed', now(), '2026-01-01 10:20Z', '2026-01-03 11:20Z' FROM generate_series(1, 40) number;
    INSERT INTO progress (enrollment_id, lesson_id, is_completed, completed_date, progress_percentage, time_spent,
        notes, last_accessed)
    SELECT id, lesson, true, '2026-01-02 10:20Z', 100, 60, 'note ' || lesson, '2026-01-02 10:20Z'
    FROM enrollments CROSS JOIN generate_series(1, 3) AS lesson;
"""


@pytest.fixture
def url(environment: Environment) -> Iterator[str]:
    with environment.unmigrated("enrollment") as url:
        yield url


class TestRowsThatAreThere:
    def test_partitions_keep_them_and_activity_is_filled_in(self, url: str) -> None:
        command.upgrade(migrations._config("enrollment", url), "0008")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_ROWS)
            every = "SELECT row_to_json(p)::jsonb FROM progress p ORDER BY id"
            before = connection.execute(every).fetchall()
        migrations.migrate("enrollment", url)
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute(every).fetchall() == before
            [added] = connection.execute(
                "INSERT INTO progress (enrollment_id, lesson_id) SELECT min(id), 9 FROM enrollments RETURNING id"
            ).fetchall()
            assert added[0] > len(before)
            counts = connection.execute("SELECT kind, sum(count), sum(seconds) FROM activity GROUP BY 1").fetchall()
            assert sorted(counts) == [
                ("completed", 40, 0), ("enrolled", 40, 0), ("finished", 120, 0), ("started", 120, 0),
                ("worked", 120, 7200),
            ]  # fmt: skip
            assert str(connection.execute("SELECT through FROM activity_watermark").fetchone()) == str(
                connection.execute("SELECT date '2025-12-31'").fetchone()
            )

    def test_a_table_that_is_partitioned_already_is_left(self, url: str) -> None:
        command.upgrade(migrations._config("enrollment", url), "0011")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("UPDATE alembic_version SET version_num = '0010'")
        migrations.migrate("enrollment", url)
        migrations.check("enrollment", url)
