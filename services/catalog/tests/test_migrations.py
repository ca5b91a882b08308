"""Models and migrations say the same; and what migrations make of rows that are there."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command

from catalog.queries.suggestions import suggest
from shared import migrations
from shared.database import Database
from shared.testing import Environment, ServiceUnderTest

_COURSES = """
    INSERT INTO courses (
        revision, title, slug, subtitle, description, category_id, price, requirements, skills, learning_objectives,
        tags, target_audience, level, language, creation_method, completion_status, completion_percentage, version,
        family_id, is_draft, is_published, published_date, is_deleted, has_certificate, is_featured, lessons_count,
        enrolled_students_count, avg_rating, total_reviews, duration_minutes, created_date, updated_date
    )
    SELECT 1, 'Über ' || n, 'course-' || n, 'SUB', 'Told', (SELECT min(id) FROM categories), 9, '[]', '[]', '[]',
        '[]', '', 'beginner', 'en', 'builder', 'complete', 100, 1.0, n, false, n % 3 > 0, now(), n % 3 = 2, false,
        false, 1, n, 2.5, 1, 10, now() - n * interval '1 hour', now()
    FROM generate_series(1, 9) AS n
"""


@pytest.fixture
def url(environment: Environment) -> Iterator[str]:
    with environment.unmigrated("catalog") as url:
        yield url


async def test_models_match_migrations(catalog: ServiceUnderTest) -> None:
    migrations.check("catalog", catalog.settings.database_url)


def test_what_is_searched_is_filled_in(url: str) -> None:
    command.upgrade(migrations._config("catalog", url), "0007")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_COURSES)
        before = connection.execute("SELECT to_jsonb(s) FROM searched_courses s ORDER BY id").fetchall()
    migrations.migrate("catalog", url)
    with psycopg.connect(url, autocommit=True) as connection:
        listed = connection.execute(
            "SELECT id, created_date, 'über ' || slug FROM courses WHERE is_published AND NOT is_deleted ORDER BY id"
        ).fetchall()
        assert len(listed) == 3
        assert connection.execute("SELECT sum(change) FROM listed_changes").fetchone() == (3,)
        after = connection.execute(
            "SELECT to_jsonb(s) - 'created_date' - 'is_popular' FROM searched_courses s ORDER BY id"
        ).fetchall()
        assert after == before
        dates = connection.execute("SELECT id, created_date FROM searched_courses ORDER BY id").fetchall()
        assert dates == [(number, created) for number, created, _ in listed]
        texts = "SELECT id, created_date, text FROM searched_texts ORDER BY id"
        told = [(*row[:2], f"{row[2].replace('course-', '')}XsubXtold") for row in listed]
        assert connection.execute(texts).fetchall() == told
        connection.execute("UPDATE courses SET is_deleted = true")
        assert connection.execute(texts).fetchall() == []


async def test_courses_that_are_there_are_suggested(url: str) -> None:
    command.upgrade(migrations._config("catalog", url), "0007")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_COURSES)
    migrations.migrate("catalog", url)
    database = Database(url, pool_size=1, name="test")
    try:
        for query in ("ü", "übe", "uber"):
            found = json.loads(await suggest(database, query))["results"]
            assert [one["slug"] for one in found] == ["course-7", "course-4", "course-1"], query
    finally:
        await database.close()
