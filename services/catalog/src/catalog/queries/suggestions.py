"""What somebody who is still typing may mean, in one statement: titles, categories, tags, instructors."""

from typing import LiteralString

from catalog.domain.search import prefix_query, words_of
from shared.database import Database

_FOUND: LiteralString = """
    SELECT id, enrolled_students_count FROM suggested_courses WHERE words @@ (SELECT sought FROM query) AND tier =
"""
_BEST: LiteralString = "ORDER BY enrolled_students_count DESC, id DESC LIMIT 5"
# The tiers one after the other, until five are found. Those not counted yet (tier 0) could be of any, so they neither
# end this nor are kept out by it. `sought` names a last word of up to six letters as the table does.
# Instructors are put in order before they are asked for courses, as three are enough.
_SUGGEST: LiteralString = rf"""
    WITH query AS MATERIALIZED (
        SELECT typed,
            regexp_replace(typed::text, '(^|& )''([^''\\]{{1,6}})'':\*$', '\1''*\2''')::tsquery AS sought
        FROM to_tsquery('plain', %(query)s) AS typed
    ),
    uncounted AS MATERIALIZED ({_FOUND} 0 {_BEST}),
    first AS MATERIALIZED ({_FOUND} 1 {_BEST}),
    second AS MATERIALIZED ({_FOUND} 2 AND (SELECT count(*) FROM first) < 5 {_BEST}),
    third AS MATERIALIZED ({_FOUND} 3 AND (SELECT count(*) FROM first) + (SELECT count(*) FROM second) < 5 {_BEST}),
    best AS MATERIALIZED (
        TABLE uncounted UNION ALL TABLE first UNION ALL TABLE second UNION ALL TABLE third {_BEST}
    )
    SELECT concat_ws(',',
        (SELECT string_agg(row_to_json(found)::text, ',') FROM (
            SELECT 'course' AS type, title AS text, slug FROM courses JOIN best USING (id)
            ORDER BY courses.enrolled_students_count DESC, id DESC
        ) AS found),
        (SELECT string_agg(row_to_json(found)::text, ',') FROM (
            SELECT 'category' AS type, name AS text, slug FROM categories
            WHERE is_active AND to_tsvector('plain', name) @@ (SELECT typed FROM query)
            ORDER BY sort_order, name LIMIT 3
        ) AS found),
        (SELECT string_agg(row_to_json(found)::text, ',') FROM (
            SELECT 'tag' AS type, word AS text, word AS slug FROM search_words
            WHERE kind = 'tag' AND word ~>=~ %(beginning)s AND word ~<~ (%(beginning)s || chr(1114111))
            ORDER BY courses DESC, word LIMIT 3
        ) AS found),
        (SELECT string_agg(row_to_json(found)::text, ',') FROM (
            SELECT 'instructor' AS type, full_name AS text, user_id::text AS slug FROM (
                SELECT full_name, user_id FROM users
                WHERE role <> 'student' AND is_active
                AND to_tsvector('plain', full_name) @@ (SELECT typed FROM query)
                ORDER BY full_name, user_id
            ) AS named
            WHERE EXISTS (
                SELECT FROM course_instructors JOIN searched_courses ON searched_courses.id = course_id
                WHERE course_instructors.user_id = named.user_id AND is_active
            ) IS TRUE
            ORDER BY full_name, user_id LIMIT 3
        ) AS found)
    )
"""  # noqa: S608


async def suggest(database: Database, query: str) -> bytes:
    """`Suggestions` as JSON: up to 14, the courses first. Nothing for no words.

    Of courses the five that most learned in when they were last counted (`store.suggestions`), in the order of now.
    """
    prefix = prefix_query(query)
    if prefix is None:
        return b'{"results":[]}'
    row = await database.read(_SUGGEST, {"query": prefix, "beginning": " ".join(words_of(query))})
    assert row is not None
    return b'{"results":[%b]}' % row[0].encode()
