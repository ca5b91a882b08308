"""Full text of questions."""

from alembic import op

revision = "0006"
down_revision = "0005"

STATEMENTS = (
    "CREATE TEXT SEARCH CONFIGURATION stemmed (COPY = pg_catalog.english)",
    "ALTER TEXT SEARCH CONFIGURATION stemmed ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem",
    """
    ALTER TABLE questions ADD COLUMN document tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('stemmed', question_text), 'A')
        || setweight(to_tsvector('stemmed', coalesce(config ->> 'text', '')), 'B')
        || setweight(to_tsvector('stemmed', explanation), 'D')
    ) STORED
    """,
    "CREATE INDEX ix_questions_document ON questions USING gin (document)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
