"""What is written inside XML elements."""

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from catalog.archive.words import storable

_BLOCKS = {"p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4", "h5", "h6", "label", "description", "pre", "section"}
SILENT = {"script", "style", "solution", "demandhint", "clarification"}
"""What is no part of what a problem asks."""


def words_of(element: "Element[str]", skip: Iterable[str] = SILENT) -> str:
    """The text of an element, a line for each block, without the elements named."""
    text = "".join(_pieces(element, frozenset(skip)))
    lines = (" ".join(line.split()) for line in storable(text).splitlines())
    return "\n".join(line for line in lines if line)


def _pieces(element: "Element[str]", skip: frozenset[str]) -> Iterator[str]:
    if element.text:
        yield element.text
    for child in element:
        if child.tag not in skip:
            yield from _pieces(child, skip)
            if child.tag in _BLOCKS:
                yield "\n"
            elif child.tag in ("td", "th"):
                yield " "
        if child.tail:
            yield child.tail


def first(element: "Element[str]", *tags: str) -> "Element[str] | None":
    """The first element below with one of these tags."""
    return next((one for one in element.iter() if one.tag in tags), None)


def is_true(element: "Element[str]", name: str) -> bool:
    return element.get(name, "").strip().strip('"').lower() == "true"


def whole_number(element: "Element[str]", name: str) -> int | None:
    """An attribute that is a number from 0, of at most six digits."""
    text = element.get(name, "").strip().strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None
