"""The static files of an archive, found by the many ways in which pages name them."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from catalog.archive.resources import type_of

FOLDER = "static"
_ADDRESS = re.compile(
    r"(?:https?://[^/]+)?/?(?:static/(?!/)|c4x/[^/]+/[^/]+/asset/|(?:assets/courseware/[^@]*/)?asset-v1:[^@]+@asset\+block@)"
    r"([^?#]+)"
)
_ODD = re.compile(r"[^A-Za-z0-9.]+")


class Statics:
    """`used` has the paths of the files that something leads to."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._exact = {path.removeprefix(f"{FOLDER}/"): path for path in paths if path.startswith(f"{FOLDER}/")}
        self._near = {_near(name): path for name, path in self._exact.items()}
        self.used: set[str] = set()

    def find(self, name: str) -> str | None:
        """The path of the file with this name, also where it was written with other signs between the words."""
        path = self._exact.get(name) or self._near.get(_near(name))
        if path is not None:
            self.used.add(path)
        return path

    def others(self) -> list[str]:
        """The files that no resource is made of: what nothing leads to, and what is no material."""
        return sorted(path for path in self._exact.values() if path not in self.used or not is_material(path))


def static_name(address: str) -> str | None:
    """The name of the static file that an address leads to; None when it leads elsewhere."""
    found = _ADDRESS.fullmatch(address.partition("?")[0].partition("#")[0].strip())
    return unquote(found[1]) if found else None


def is_material(path: str) -> bool:
    """Whether a file is something for learners, not a part of a web page."""
    return type_of(path) is not None


def _near(name: str) -> str:
    return _ODD.sub("_", name).lower()
