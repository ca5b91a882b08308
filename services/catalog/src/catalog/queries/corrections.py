"""Words that searches are corrected to."""

from collections import defaultdict
from typing import LiteralString

from catalog.domain.search import with_corrections, words_of
from catalog.domain.spelling import closest, correctable
from shared.database import Database

_NEAR: LiteralString = """
    WITH given AS MATERIALIZED (
        SELECT word, set_config('pg_trgm.similarity_threshold', '0.2', true)
        FROM unnest(%(words)s::text[]) AS typed (word)
        WHERE NOT EXISTS (SELECT FROM search_words WHERE kind = 'word' AND search_words.word = typed.word)
    )
    SELECT coalesce(json_agg(json_build_array(given.word, near.word) ORDER BY begins DESC, near.courses DESC), '[]')
    FROM given CROSS JOIN LATERAL (
        SELECT word, courses, starts_with(word, given.word) AS begins FROM search_words
        WHERE kind = 'word' AND word %% given.word
        ORDER BY begins DESC, similarity(word, given.word) DESC, courses DESC LIMIT 20
    ) AS near
"""
"""Similar words of each that is not known itself. The usual threshold, 0.3, misses swapped letters in short words; ours
is set for this statement, before the words that it is for come out of the first step."""


async def corrected(database: Database, query: str) -> str | None:
    """What was meant by a query of which nothing was found, as far as its words tell; None when they do not."""
    words = correctable(words_of(query))
    if not words:
        return None
    row = await database.read(_NEAR, {"words": words})
    assert row is not None
    near: dict[str, list[str]] = defaultdict(list)
    for word, similar in row[0]:
        near[word].append(similar)
    meant = {word: closest(word, known) for word, known in near.items()}
    corrections = {word: correction for word, correction in meant.items() if correction is not None}
    return with_corrections(query, corrections) if corrections else None
