"""What filtered lists look at: the texts of published courses, in lower case; and when each course was created.

Lists and searches go on reading meanwhile until the last part, in which searches wait: for seconds among 100,000
courses. Whoever writes a course waits for all of it.
"""

from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"

COLUMNS = (
    "category_id, discount_ends, avg_rating, enrolled_students_count, duration_minutes, has_certificate, is_featured,"
    " price, discount_price, level, language, creation_method, created_date"
)
NEW = ", ".join(f"NEW.{name.strip()}" for name in COLUMNS.split(","))
# What is in lower case has no capital: so no pattern in lower case matches across two of the texts. Each is put in
# lower case by itself, as some letters depend on their neighbours.
TEXT = "lower({0}title) || 'X' || lower({0}subtitle) || 'X' || lower({0}description)"

STATEMENTS = (
    # Whoever has locked a course to change it is waited for, and nobody locks one meanwhile: filling would wait for
    # them, and they for it.
    "LOCK TABLE courses IN EXCLUSIVE MODE",
    # Texts of up to 8 kB stay in their rows as they are: to look through them, nothing is fetched or unpacked.
    """
    CREATE TABLE searched_texts (
        id bigint NOT NULL,
        created_date timestamptz NOT NULL,
        text text NOT NULL,
        CONSTRAINT pk_searched_texts PRIMARY KEY (id),
        CONSTRAINT fk_searched_texts_id FOREIGN KEY (id) REFERENCES courses (id) ON DELETE CASCADE
    ) WITH (toast_tuple_target = 8160)
    """,
    "ALTER TABLE searched_texts ALTER COLUMN text SET STORAGE EXTERNAL",
    f"""
    CREATE FUNCTION follow_texts() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF NEW.is_published AND NOT NEW.is_deleted THEN
            INSERT INTO searched_texts AS kept (id, created_date, text)
            VALUES (NEW.id, NEW.created_date, {TEXT.format("NEW.")})
            ON CONFLICT (id) DO UPDATE SET created_date = excluded.created_date, text = excluded.text
            WHERE (kept.created_date, kept.text) <> (excluded.created_date, excluded.text);
        ELSE
            DELETE FROM searched_texts WHERE id = NEW.id;
        END IF;
        RETURN NULL;
    END $$
    """,  # noqa: S608
    # What changes all the time, how many learn and how they rate, does not even ask it.
    """
    CREATE TRIGGER searched_texts
    AFTER INSERT OR UPDATE OF title, subtitle, description, created_date, is_published, is_deleted ON courses
    FOR EACH ROW EXECUTE FUNCTION follow_texts()
    """,
    f"""
    INSERT INTO searched_texts (id, created_date, text)
    SELECT id, created_date, {TEXT.format("")} FROM courses WHERE is_published AND NOT is_deleted
    """,  # noqa: S608
    # Without a list of pending entries, as the index of documents.
    """
    CREATE INDEX ix_searched_texts_text ON searched_texts USING gin (text gin_trgm_ops) WITH (fastupdate = off)
    """,
    f"""
    CREATE OR REPLACE FUNCTION follow_course() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF NEW.is_published AND NOT NEW.is_deleted THEN
            UPDATE searched_courses SET ({COLUMNS}) = ROW ({NEW}) WHERE id = NEW.id AND document = NEW.document;
            IF NOT FOUND THEN
                DELETE FROM searched_courses WHERE id = NEW.id;
                INSERT INTO searched_courses (id, {COLUMNS}, document)
                SELECT id, {COLUMNS}, document FROM courses WHERE id = NEW.id;
            END IF;
        ELSE
            DELETE FROM searched_courses WHERE id = NEW.id;
        END IF;
        RETURN NULL;
    END $$
    """,  # noqa: S608
    f"""
    CREATE OR REPLACE TRIGGER searched
    AFTER INSERT OR UPDATE OF {COLUMNS}, is_published, is_deleted, document ON courses
    FOR EACH ROW EXECUTE FUNCTION follow_course()
    """,
    # Filled anew: an update would leave every row there twice. The table itself stays, as dropping it would lock
    # `courses` too.
    "TRUNCATE searched_courses",
    "DROP INDEX ix_searched_courses_document",
    "ALTER TABLE searched_courses ADD COLUMN created_date timestamptz NOT NULL",
    f"""
    INSERT INTO searched_courses (id, {COLUMNS}, document)
    SELECT id, {COLUMNS}, document FROM courses WHERE is_published AND NOT is_deleted
    """,  # noqa: S608
    "CREATE INDEX ix_searched_courses_document ON searched_courses USING gin (document) WITH (fastupdate = off)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
