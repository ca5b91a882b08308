"""The files of an OLX archive: where an element that only names itself is written out."""

import json
from typing import Any
from xml.etree.ElementTree import Element

from catalog.archive.limits import MOST_BLOCKS
from catalog.archive.refusal import Refused
from catalog.archive.statics import Statics
from catalog.archive.tar import Tree
from catalog.archive.xml import parse

_NAMES_ONLY = {"url_name", "org", "course", "slug"}


class Source:
    """A tree of files whose root has `course.xml`."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.paths = tree.files
        self.statics = Statics(tree.files)
        self._blocks = 0

    def has(self, place: str) -> bool:
        return place in self.paths

    def text(self, place: str) -> str:
        """Raises Refused."""
        return self._tree.text(place)

    def xml(self, place: str) -> "Element[str]":
        """Raises Refused."""
        return parse(self._tree.content(place), place)

    def json(self, place: str) -> Any:
        """Raises Refused."""
        return read_json(self.text(place), place)

    def resolve(self, element: "Element[str]", place: str) -> tuple["Element[str]", str] | None:
        """An element as it is written out, and its file; None when that is missing.

        Raises Refused, also when there are too many: a few files that lead to each other can stand for any number.
        """
        self._blocks += 1
        if self._blocks > MOST_BLOCKS:
            raise Refused(f"The course has more than {MOST_BLOCKS} blocks.", place)
        name = element.get("url_name")
        if name is None or len(element) or set(element.attrib) - _NAMES_ONLY or (element.text or "").strip():
            return element, place
        path = f"{element.tag}/{name.replace(':', '/')}.xml"
        if not self.has(path):
            return (element, place) if element.tag not in _WRITTEN_OUT else None
        found = self.xml(path)
        found.set("url_name", name)
        return found, path


_WRITTEN_OUT = {"course", "chapter", "sequential", "vertical", "html", "video", "problem"}


def read_json(text: str, place: str) -> Any:
    """Raises Refused."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("This is not sound JSON.", place) from None
