"""Models and migrations say the same, and what is there before a migration is there after it."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from psycopg import sql

from catalog.queries.suggestions import suggest
from shared import migrations
from shared.database import Database
from shared.runtime.roles import SERVICES, prepare_database
from shared.testing import Environment, ServiceUnderTest

_COURSES = """
    INSERT INTO courses (
        revision, title, slug, subtitle, description, category_id, price, requirements, skills, learning_objectives,
        tags, target_audience, level, language, creation_method, completion_status, completion_percentage, version,
        family_id, is_draft, is_published, published_date, is_deleted, is_archived, has_certificate, is_featured,
        lessons_count, enrolled_students_count, avg_rating, total_reviews, created_date, updated_date
    )
    SELECT 1, 'Größe ' || number, 'course-' || number, '', '', min(id), 0, '[]', '[]', '[]', '[]', '', 'beginner', 'en',
        'builder', 'complete', 100, 1.0, number, false, number <> 3, now(), number = 4, false, false, false, 1,
        number % 2, 0, 0, now(), now()
    FROM categories, generate_series(1, 5) AS number GROUP BY number
"""


async def test_models_match_migrations(catalog: ServiceUnderTest) -> None:
    migrations.check("catalog", catalog.settings.database_url)


@pytest.fixture
def url(environment: Environment) -> Iterator[str]:
    """An empty database of its own."""
    name = f"test_{environment.process}_migrations"
    with psycopg.connect(environment.admin_url, autocommit=True) as admin:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        admin.execute(drop)
        yield prepare_database(environment.admin_url, database=name, passwords=dict.fromkeys(SERVICES, "test"))[
            "catalog"
        ]
        admin.execute(drop)


async def test_courses_that_are_there_are_suggested(url: str) -> None:
    command.upgrade(migrations._config("catalog", url), "0007")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_COURSES)
    migrations.migrate("catalog", url)
    database = Database(url, pool_size=1, name="test")
    try:
        for query in ("grö", "große", "gross"):
            found = json.loads(await suggest(database, query))["results"]
            assert [one["slug"] for one in found] == ["course-5", "course-1", "course-2"], query
    finally:
        await database.close()
