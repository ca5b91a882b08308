"""Which courses are popular, with an index of their documents: a search for a common word looks at no others.

Nobody is marked here: `store.popular` does it, from time to time.
"""

from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"

COLUMNS = (
    "category_id, discount_ends, avg_rating, enrolled_students_count, duration_minutes, has_certificate, is_featured,"
    " price, discount_price, level, language, creation_method, created_date"
)
NEW = ", ".join(f"NEW.{name.strip()}" for name in COLUMNS.split(","))

STATEMENTS = (
    "ALTER TABLE searched_courses ADD COLUMN is_popular boolean DEFAULT false NOT NULL",
    # Without a list of pending entries, as the index of all documents.
    """
    CREATE INDEX ix_searched_courses_popular ON searched_courses USING gin (document) WITH (fastupdate = off)
        WHERE is_popular
    """,
    # With another document a course is as popular as before.
    f"""
    CREATE OR REPLACE FUNCTION follow_course() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    DECLARE
        was_popular boolean;
    BEGIN
        IF NEW.is_published AND NOT NEW.is_deleted THEN
            UPDATE searched_courses SET ({COLUMNS}) = ROW ({NEW}) WHERE id = NEW.id AND document = NEW.document;
            IF NOT FOUND THEN
                DELETE FROM searched_courses WHERE id = NEW.id RETURNING is_popular INTO was_popular;
                INSERT INTO searched_courses (id, {COLUMNS}, document, is_popular)
                SELECT id, {COLUMNS}, document, coalesce(was_popular, false) FROM courses WHERE id = NEW.id;
            END IF;
        ELSE
            DELETE FROM searched_courses WHERE id = NEW.id;
        END IF;
        RETURN NULL;
    END $$
    """,  # noqa: S608
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
