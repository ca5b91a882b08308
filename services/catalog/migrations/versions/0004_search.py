"""Full text of courses and lessons, the words and tags in the catalog, and what is searched for."""

from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"

STATEMENTS = (
    "CREATE TEXT SEARCH CONFIGURATION stemmed (COPY = pg_catalog.english)",
    "ALTER TEXT SEARCH CONFIGURATION stemmed ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem",
    "CREATE TEXT SEARCH CONFIGURATION plain (COPY = pg_catalog.simple)",
    "ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR hword, hword_part, word WITH unaccent, simple",
    "ALTER TABLE courses ADD COLUMN outline text NOT NULL DEFAULT ''",
    """
    UPDATE courses SET outline = left(titles.outline, 20000)
    FROM (
        SELECT modules.course_id, concat_ws(
            E'\\n', string_agg(DISTINCT modules.title, E'\\n'), string_agg(DISTINCT lessons.title, E'\\n')
        ) AS outline
        FROM modules LEFT JOIN lessons ON lessons.module_id = modules.id
        WHERE modules.is_published GROUP BY modules.course_id
    ) AS titles
    WHERE titles.course_id = courses.id
    """,
    """
    ALTER TABLE courses ADD COLUMN document tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('stemmed', title), 'A')
        || setweight(to_tsvector('stemmed', subtitle), 'B')
        || setweight(to_tsvector('stemmed', tags), 'B')
        || setweight(to_tsvector('stemmed', skills), 'C')
        || setweight(to_tsvector('stemmed', learning_objectives), 'C')
        || setweight(to_tsvector('stemmed', outline), 'C')
        || setweight(to_tsvector('stemmed', description), 'D')
    ) STORED
    """,
    "CREATE INDEX ix_courses_document ON courses USING gin (document) WHERE is_published AND NOT is_deleted",
    """
    CREATE INDEX ix_courses_title_words
        ON courses USING gin (to_tsvector('plain', title))
        WHERE is_published AND NOT is_deleted
    """,
    """
    ALTER TABLE lessons ADD COLUMN document tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('stemmed', title), 'A') || setweight(to_tsvector('stemmed', content), 'D')
    ) STORED
    """,
    "CREATE INDEX ix_lessons_document ON lessons USING gin (document)",
    """
    CREATE INDEX ix_users_teachers
        ON users USING gin (to_tsvector('plain', full_name))
        WHERE role <> 'student'
    """,
    """
    CREATE TABLE search_words (
        kind varchar(20) NOT NULL,
        word varchar(50) NOT NULL,
        courses integer NOT NULL,
        CONSTRAINT pk_search_words PRIMARY KEY (kind, word)
    )
    """,
    "CREATE INDEX ix_search_words_prefix ON search_words (word varchar_pattern_ops)",
    "CREATE INDEX ix_search_words_similar ON search_words USING gin (word gin_trgm_ops) WHERE kind = 'word'",
    """
    CREATE TABLE searches (
        day date NOT NULL,
        term varchar(100) NOT NULL,
        searches bigint NOT NULL,
        without_result bigint NOT NULL,
        clicks bigint NOT NULL,
        positions bigint NOT NULL,
        milliseconds double precision NOT NULL,
        CONSTRAINT pk_searches PRIMARY KEY (day, term)
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
