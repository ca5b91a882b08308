"""What somebody who is still typing may mean: titles, categories, tags, instructors."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.search import prefix_query, words_of
from catalog.queries.pages import starts_with
from catalog.schemas.search import Suggestion, Suggestions

_SUGGEST = text("""
    (SELECT 'course' AS type, title AS text, slug FROM courses
     WHERE is_published AND NOT is_deleted AND to_tsvector('plain', title) @@ to_tsquery('plain', :query)
     ORDER BY enrolled_students_count DESC, id DESC LIMIT 5)
    UNION ALL
    (SELECT 'category', name, slug FROM categories
     WHERE is_active AND to_tsvector('plain', name) @@ to_tsquery('plain', :query)
     ORDER BY sort_order, name LIMIT 3)
    UNION ALL
    (SELECT 'tag', word, word FROM search_words
     WHERE kind = 'tag' AND word LIKE :beginning
     ORDER BY courses DESC, word LIMIT 3)
    UNION ALL
    (SELECT 'instructor', full_name, CAST(user_id AS text) FROM users
     WHERE role <> 'student' AND is_active AND to_tsvector('plain', full_name) @@ to_tsquery('plain', :query)
     AND EXISTS (
         SELECT FROM course_instructors JOIN courses ON courses.id = course_instructors.course_id
         WHERE course_instructors.user_id = users.user_id AND course_instructors.is_active
         AND courses.is_published AND NOT courses.is_deleted
     )
     ORDER BY full_name, user_id LIMIT 3)
""")


async def suggest(session: AsyncSession, query: str) -> Suggestions:
    """Up to 14, the courses first, by how many learn. Nothing for no words."""
    prefix = prefix_query(query)
    if prefix is None:
        return Suggestions(results=[])
    beginning = starts_with(" ".join(words_of(query)))
    rows = await session.execute(_SUGGEST, {"query": prefix, "beginning": beginning})
    return Suggestions(results=[Suggestion.model_validate(row._mapping) for row in rows])
