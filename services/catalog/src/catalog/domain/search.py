"""What was typed in a search, and the parts of its answer that are rules."""

import html
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

LONGEST_QUERY = 200
LONGEST_TERM = 100
MOST_WORDS = 10
MARK, UNMARK = "\ue000", "\ue001"
"""Stand for <mark> and </mark> in what the database makes: characters that no text has."""
_TAGS = {MARK: "<mark>", UNMARK: "</mark>"}
_MARKS = re.compile(f"([{MARK}{UNMARK}])")
_EXCLUDED = re.compile(r"(?<!\S)-(\"[^\"]*\"|\S+)")
_WORD = re.compile(r"[^\W_]+")


def words_of(query: str) -> list[str]:
    """The words, in lower case and without accents, as the table of words has them; ten at most."""
    plain = unicodedata.normalize("NFKD", query.lower())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))[:MOST_WORDS]


def wanted_part(query: str) -> str:
    """The query without what it excludes, which says nothing of how well a text fits."""
    return _EXCLUDED.sub(" ", query)


def with_corrections(query: str, corrections: dict[str, str]) -> str:
    """The query as plain words, with each that has one replaced by its correction."""
    return " ".join(corrections.get(word, word) for word in words_of(query))


def prefix_query(query: str) -> str | None:
    """A tsquery for all words, the last one as a beginning; None without any."""
    words = words_of(query)
    return " & ".join(words) + ":*" if words else None


def term_of(query: str) -> str:
    """What searches that differ only in case and spaces are counted under; empty for none."""
    return " ".join(query.lower().split())[:LONGEST_TERM].rstrip()


def snippet(headline: str) -> str:
    """Text that is safe as HTML: all escaped but the <mark>s around what was found."""
    parts = _MARKS.split(" ".join(headline.split()))  # before entities are read: they may stand for marks too
    return "".join(_TAGS.get(part) or html.escape(html.unescape(part), quote=False) for part in parts)


@dataclass(frozen=True)
class Band:
    """A step of prices, from `least` to below the next one's; `value` is what it is called in an answer."""

    value: str
    label: str
    least: Decimal


PRICE_BANDS = (
    Band("free", "Free", Decimal(0)),
    Band("0-50", "Below 50", Decimal("0.01")),
    Band("50-100", "50 to 100", Decimal(50)),
    Band("100-200", "100 to 200", Decimal(100)),
    Band("200-500", "200 to 500", Decimal(200)),
    Band("500-", "500 and more", Decimal(500)),
)
RATINGS = (("4.5", "4.5 and more"), ("4", "4 and more"), ("3", "3 and more"), ("2", "2 and more"), ("1", "1 and more"))
"""Values for `min_rating`."""
LEVELS = {
    "beginner": "Beginner",
    "intermediate": "Intermediate",
    "advanced": "Advanced",
    "all_levels": "All levels",
}
