"""Slugs, and what stands in a path where a course may be named by slug or by id."""

import re

from slugify import slugify

from shared.errors import NotFound

LONGEST_SLUG = 100
LARGEST_ID = 9_223_372_036_854_775_807
_LONGEST_BASE = 90
_RESERVED = {"featured", "import"}
_SLUG = re.compile(r"[a-z0-9_-]{1,100}")


def slug_base(title: str, noun: str) -> str:
    """The slug of a title when nothing else has it. `noun` goes in front where the title alone would not do.

    It would not where nothing of it can be written in a slug, where it reads as an id, and where it is the name of
    another route.
    """
    base = slugify(title, max_length=_LONGEST_BASE, word_boundary=True) or slugify(title, max_length=_LONGEST_BASE)
    if not base:
        return noun
    return f"{noun}-{base}" if base.isdigit() or base in _RESERVED else base


def free_slug(base: str, taken: set[str]) -> str:
    """`base`, or `base-2`, `base-3`, … : the first that is not taken."""
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def parse_ref(ref: str) -> int | str:
    """An id when it is a number, else a slug. Raises NotFound for what can be neither."""
    if ref.isascii() and ref.isdigit():
        number = int(ref) if len(ref) <= 19 else 0
        if 0 < number <= LARGEST_ID:
            return number
    elif _SLUG.fullmatch(ref):
        return ref
    raise NotFound


def parse_slug(slug: str) -> str:
    """Raises NotFound for what cannot be one."""
    if not _SLUG.fullmatch(slug):
        raise NotFound
    return slug
