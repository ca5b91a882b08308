"""Words that searches are corrected to."""

from collections import defaultdict

from sqlalchemy import text

from catalog.domain.search import with_corrections, words_of
from catalog.domain.spelling import closest, correctable
from shared.database import Database

_SIMILARITY = text("SELECT set_config('pg_trgm.similarity_threshold', '0.2', true)")
_NEAR = text("""
    SELECT given.word AS given, near.word AS near
    FROM unnest(CAST(:words AS text[])) AS given (word)
    CROSS JOIN LATERAL (
        SELECT word, courses FROM search_words
        WHERE kind = 'word' AND word % given.word
        ORDER BY starts_with(word, given.word) DESC, similarity(word, given.word) DESC, courses DESC LIMIT 20
    ) AS near
    WHERE NOT EXISTS (SELECT FROM search_words WHERE kind = 'word' AND word = given.word)
    ORDER BY starts_with(near.word, given.word) DESC, near.courses DESC
""")
"""Similar words of each that is not known itself. The usual threshold, 0.3, misses swapped letters in short words."""


async def corrected(database: Database, query: str) -> str | None:
    """What was meant by a query of which nothing was found, as far as its words tell; None when they do not."""
    words = correctable(words_of(query))
    if not words:
        return None
    near: dict[str, list[str]] = defaultdict(list)
    async with database.transaction() as session:
        await session.execute(_SIMILARITY)
        for row in await session.execute(_NEAR, {"words": words}):
            near[row.given].append(row.near)
    meant = {word: closest(word, known) for word, known in near.items()}
    corrections = {word: correction for word, correction in meant.items() if correction is not None}
    return with_corrections(query, corrections) if corrections else None
