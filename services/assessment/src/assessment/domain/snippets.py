"""What a search shows of a text."""

import html
import re

MARK, UNMARK = "\ue000", "\ue001"
"""Stand for <mark> and </mark> in what the database makes: characters that no text has."""
_TAGS = {MARK: "<mark>", UNMARK: "</mark>"}
_MARKS = re.compile(f"([{MARK}{UNMARK}])")


def snippet(headline: str) -> str:
    """Text that is safe as HTML: all escaped but the <mark>s around what was found."""
    parts = _MARKS.split(" ".join(headline.split()))
    return "".join(_TAGS.get(part) or html.escape(part, quote=False) for part in parts)
