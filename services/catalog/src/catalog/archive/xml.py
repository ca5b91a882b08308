"""XML from strangers: no document types, no entities of its own, bounded depth and size."""

from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from catalog.archive.limits import DEEPEST_XML, MOST_ELEMENTS
from catalog.archive.refusal import Refused


def parse(content: bytes, place: str) -> "Element[str]":
    """The root element. Raises Refused for what is not sound XML in UTF-8, or could expand or reach elsewhere."""
    parser = expat.ParserCreate("utf-8")
    builder = _Bounded(place)
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = builder.refuse_declaration
    parser.EntityDeclHandler = builder.refuse_declaration
    parser.ExternalEntityRefHandler = builder.refuse_declaration
    try:
        content.decode()
        parser.Parse(content, True)
    except UnicodeDecodeError:
        raise Refused("This file is not UTF-8.", place) from None
    except expat.ExpatError as error:
        raise Refused(f"This is not sound XML: {expat.ErrorString(error.code)}, line {error.lineno}.", place) from None
    return builder.root()


class _Bounded:
    def __init__(self, place: str) -> None:
        self._place, self._builder = place, TreeBuilder()
        self._depth = self._elements = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST_XML:
            raise Refused(f"This XML is nested more than {DEEPEST_XML} deep.", self._place)
        if self._elements > MOST_ELEMENTS:
            raise Refused(f"This XML has more than {MOST_ELEMENTS} elements.", self._place)
        self._builder.start(tag, attributes)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._builder.end(tag)

    def data(self, text: str) -> None:
        self._builder.data(text)

    def refuse_declaration(self, *_: Any) -> int:
        raise Refused("XML with a document type or entities of its own is not taken.", self._place)

    def root(self) -> "Element[str]":
        return self._builder.close()
