"""Which events a webhook may have, and how they are chosen: by name, or by the beginning of names."""

from collections.abc import Iterable

from shared.contracts import EVENTS
from shared.contracts.catalog.events import AssessmentImported

NEVER = frozenset((AssessmentImported.TYPE,))
"""They carry right answers, and stay inside."""
OFFERED: tuple[str, ...] = tuple(sorted(frozenset(EVENTS) - NEVER))


def matching(wanted: Iterable[str]) -> frozenset[str]:
    """The types that these names and wildcards (`enrollment.*`, `*`) stand for."""
    return frozenset(kind for kind in OFFERED for one in wanted if _fits(kind, one))


def _fits(kind: str, wanted: str) -> bool:
    if wanted == "*":
        return True
    return kind.startswith(wanted[:-1]) if wanted.endswith(".*") else kind == wanted
