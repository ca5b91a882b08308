"""Titles to be suggested from, in a narrow table that follows `courses`, by tiers of how many learn."""

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"

STATEMENTS = (
    """
    CREATE TABLE suggested_courses (
        id bigint NOT NULL,
        enrolled_students_count integer NOT NULL,
        tier smallint NOT NULL,
        words tsvector NOT NULL,
        CONSTRAINT pk_suggested_courses PRIMARY KEY (id),
        CONSTRAINT fk_suggested_courses_id FOREIGN KEY (id) REFERENCES courses (id) ON DELETE CASCADE
    ) WITH (fillfactor = 90)
    """,
    # Short beginnings are words themselves: a short beginning has thousands of words, which the index would have to
    # gather one by one. A star stands before them, which no word of a query begins with.
    """
    CREATE FUNCTION suggested_words(title text) RETURNS tsvector LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
        SELECT words || array_to_tsvector(ARRAY(
            SELECT DISTINCT '*' || left(lexeme, letters) FROM unnest(words), generate_series(1, 3) AS letters
        ))
        FROM to_tsvector('plain', title) AS words
    $$
    """,
    # How many learn is left to who counts: it changes all the time, and would be one more row to write for each.
    """
    CREATE FUNCTION follow_title() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF NEW.is_published AND NOT NEW.is_deleted THEN
            INSERT INTO suggested_courses (id, enrolled_students_count, tier, words)
            VALUES (NEW.id, NEW.enrolled_students_count, 0, suggested_words(NEW.title))
            ON CONFLICT (id) DO UPDATE SET words = excluded.words WHERE suggested_courses.words <> excluded.words;
        ELSE
            DELETE FROM suggested_courses WHERE id = NEW.id;
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER suggested AFTER INSERT OR UPDATE OF title, is_published, is_deleted ON courses
    FOR EACH ROW EXECUTE FUNCTION follow_title()
    """,
    """
    INSERT INTO suggested_courses (id, enrolled_students_count, tier, words)
    SELECT id, enrolled_students_count, CASE WHEN place <= 300 THEN 1 WHEN place <= 5000 THEN 2 ELSE 3 END,
        suggested_words(title)
    FROM (
        SELECT id, enrolled_students_count, title,
            row_number() OVER (ORDER BY enrolled_students_count DESC, id DESC) AS place
        FROM courses WHERE is_published AND NOT is_deleted
    ) AS ranked
    """,
    # One of each tier, so that the words of the most popular are looked up among themselves.
    *(
        f"CREATE INDEX ix_suggested_courses_words_{tier} ON suggested_courses USING gin (words)"
        f" WITH (fastupdate = off) WHERE tier = {tier}"
        for tier in range(4)
    ),
    """
    CREATE INDEX ix_categories_words ON categories USING gin (to_tsvector('plain', name)) WHERE is_active
    """,
    "CREATE INDEX ix_search_words_tags ON search_words (word varchar_pattern_ops) WHERE kind = 'tag'",
    "DROP INDEX ix_search_words_prefix",
    "DROP INDEX ix_courses_title_words",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
