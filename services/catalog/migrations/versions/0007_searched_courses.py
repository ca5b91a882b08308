"""What searches look at of published courses, in a narrow table that follows `courses`."""

from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"

COLUMNS = (
    "category_id, discount_ends, avg_rating, enrolled_students_count, duration_minutes, has_certificate, is_featured,"
    " price, discount_price, level, language, creation_method"
)
NEW = ", ".join(f"NEW.{name.strip()}" for name in COLUMNS.split(","))

STATEMENTS = (
    # Documents stay out of line where they can: then a hundred rows are on a page.
    """
    CREATE TABLE searched_courses (
        id bigint NOT NULL,
        category_id bigint NOT NULL,
        discount_ends timestamptz,
        avg_rating double precision NOT NULL,
        enrolled_students_count integer NOT NULL,
        duration_minutes integer,
        has_certificate boolean NOT NULL,
        is_featured boolean NOT NULL,
        price numeric(10, 2) NOT NULL,
        discount_price numeric(10, 2),
        level varchar(20) NOT NULL,
        language varchar(35) NOT NULL,
        creation_method varchar(20) NOT NULL,
        document tsvector NOT NULL,
        CONSTRAINT pk_searched_courses PRIMARY KEY (id),
        CONSTRAINT fk_searched_courses_id FOREIGN KEY (id) REFERENCES courses (id) ON DELETE CASCADE
    ) WITH (toast_tuple_target = 128, fillfactor = 90)
    """,
    "ALTER TABLE searched_courses ALTER COLUMN document SET STORAGE EXTERNAL",
    # With a path of its own, so that it works whoever changes a course, also an operator who names the schema.
    # The document is taken from the table, not from NEW, and only when it is another: so it is stored out of line, and
    # what changes all the time, how many learn and how they rate, leaves the index alone.
    f"""
    CREATE FUNCTION follow_course() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
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
    CREATE TRIGGER searched AFTER INSERT OR UPDATE OF {COLUMNS}, is_published, is_deleted, document ON courses
    FOR EACH ROW EXECUTE FUNCTION follow_course()
    """,
    f"""
    INSERT INTO searched_courses (id, {COLUMNS}, document)
    SELECT id, {COLUMNS}, document FROM courses WHERE is_published AND NOT is_deleted
    """,  # noqa: S608
    # Without a list of pending entries, which each search would have to look through.
    "CREATE INDEX ix_searched_courses_document ON searched_courses USING gin (document) WITH (fastupdate = off)",
    "DROP INDEX ix_courses_document",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
