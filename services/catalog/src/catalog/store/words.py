"""The table of words and tags of published courses (`SearchWord`)."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_TAGS = "(SELECT string_agg(tag, ' ') FROM jsonb_array_elements_text(tags) AS tag)"
_WORDS = f"to_tsvector('plain', concat_ws(' ', title, subtitle, {_TAGS}))"
_IS_WORD = "length(word) BETWEEN 3 AND 50 AND word ~ '^[^0-9]'"
_LISTED = "is_published AND NOT is_deleted"

# In their order, so that two who note the same new words wait for each other and do not cross.
_NOTE = text(f"""
    INSERT INTO search_words (kind, word, courses)
    SELECT kind, word, 1 FROM (
        SELECT 'word' AS kind, lexeme AS word FROM courses, unnest({_WORDS}) WHERE id = :course_id AND {_LISTED}
        UNION
        SELECT 'tag', tag FROM courses, jsonb_array_elements_text(tags) AS tag WHERE id = :course_id AND {_LISTED}
    ) AS found
    WHERE kind = 'tag' OR {_IS_WORD}
    ORDER BY kind, word
    ON CONFLICT DO NOTHING
""")  # noqa: S608
_COUNT = text(f"""
    WITH counted AS MATERIALIZED (
        SELECT 'word' AS kind, word, ndoc AS courses
        FROM ts_stat($stat$ SELECT {_WORDS} FROM courses WHERE {_LISTED} $stat$) WHERE {_IS_WORD}
        UNION ALL
        SELECT 'tag', tag, count(*) FROM courses, jsonb_array_elements_text(tags) AS tag WHERE {_LISTED} GROUP BY tag
    ), gone AS (
        DELETE FROM search_words
        WHERE NOT EXISTS (
            SELECT FROM counted WHERE counted.kind = search_words.kind AND counted.word = search_words.word
        )
    )
    INSERT INTO search_words AS had (kind, word, courses) SELECT kind, word, courses FROM counted ORDER BY kind, word
    ON CONFLICT (kind, word) DO UPDATE SET courses = excluded.courses WHERE had.courses <> excluded.courses
""")  # noqa: S608
_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || '_words'))")


async def note_words(session: AsyncSession, course_id: int) -> None:
    """Let the words of a course be suggested, if it is published."""
    await session.execute(_NOTE, {"course_id": course_id})


async def count_words(session: AsyncSession) -> None:
    """Count anew how many published courses have each word, and forget those that none has. One at a time does it."""
    if await session.scalar(_ALONE):
        await session.execute(_COUNT)
