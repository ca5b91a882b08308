"""HTML of an archive as the body of a lesson: made safe, its links led to what is in the course."""

import html
import re
from collections.abc import Callable, Iterator

from catalog.archive.words import line, storable
from catalog.domain.html import clean

_FRAME = re.compile(r"<(?:iframe|embed)\b([^>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(src|title)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_TAG = re.compile(r"<(script|style|iframe|embed|object|form|video|audio|svg|math|canvas)\b", re.IGNORECASE)


def body(markup: str, rewrite: Callable[[str], str]) -> str:
    """What is shown of `markup`; a frame becomes a link to what it framed."""
    return clean(_FRAME.sub(_as_link, storable(markup)), rewrite).strip()


def lost_tags(markup: str) -> Iterator[str]:
    """Elements that are not kept as they are, each kind once."""
    yield from sorted({tag.lower() for tag in _TAG.findall(markup)})


def _as_link(frame: re.Match[str]) -> str:
    found = {name.lower(): html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(frame[1])}
    address = found.get("src", "")
    if not address:
        return ""
    text = line(found.get("title") or address, 200)
    return f'<p><a href="{html.escape(address)}">{html.escape(text, quote=False)}</a></p>'
