"""Of courses themselves, only titles have an index of trigrams.

Whatever changes an indexed column writes a row anew in all indexes, and every enrollment changes how many learn: half
of what it cost PostgreSQL was the trigrams of descriptions. Those of published courses are in `searched_texts`.
"""

from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"

STATEMENTS = (
    """
    CREATE INDEX ix_courses_listed_trigrams ON courses USING gin (title gin_trgm_ops)
        WHERE is_published AND NOT is_deleted
    """,
    "DROP INDEX ix_courses_words",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
