"""Which service serves which path. `*` is any one segment; the longest entry that fits decides."""

from typing import NamedTuple

from shared.settings import ServiceName

TABLE: tuple[tuple[str, ServiceName], ...] = (
    ("/api/categories", "catalog"),
    ("/api/courses", "catalog"),
    ("/api/courses/*/enroll", "enrollment"),
    ("/api/courses/*/enrollments", "enrollment"),
    ("/api/courses/*/reviews", "enrollment"),
    ("/api/courses/*/topics", "enrollment"),
    ("/api/courses/*/progress-policy", "enrollment"),
    ("/api/modules", "catalog"),
    ("/api/lessons", "catalog"),
    ("/api/resources", "catalog"),
    ("/api/media", "catalog"),
    ("/api/search", "catalog"),
    ("/api/search/questions", "assessment"),
    ("/api/enrollments", "enrollment"),
    ("/api/progress", "enrollment"),
    ("/api/user/progress-stats", "enrollment"),
    ("/api/reviews", "enrollment"),
    ("/api/notes", "enrollment"),
    ("/api/topics", "enrollment"),
    ("/api/replies", "enrollment"),
    ("/api/assessments", "assessment"),
    ("/api/questions", "assessment"),
    ("/api/answers", "assessment"),
    ("/api/assessment-attempts", "assessment"),
    ("/api/attempt-answers", "assessment"),
    ("/api/rubrics", "assessment"),
    ("/api/grading-queue", "assessment"),
    ("/api/question-banks", "assessment"),
    ("/api/certificates", "certificate"),
    ("/api/certificate-templates", "certificate"),
    ("/.well-known/did.json", "certificate"),
    ("/api", "gateway"),
    ("/account", "gateway"),
    ("/verify", "gateway"),
    ("/", "gateway"),
)
"""What is not here, the public address does not have. `/` is that page alone, the others are all that is below."""


class Route(NamedTuple):
    service: ServiceName
    entry: str
    """The entry of the table: a name for metrics, of which there are few."""


class _Node:
    """A segment of the table's paths."""

    def __init__(self) -> None:
        self.below: dict[str, _Node] = {}
        self.route: Route | None = None


def _tree() -> _Node:
    root = _Node()
    for entry, service in TABLE:
        node = root
        for segment in entry.split("/")[1:]:
            node = node.below.setdefault(segment, _Node())
        node.route = Route(service, entry)
    return root


_ROOT = _tree()


def route_of(path: str) -> Route | None:
    """Where `path` is served; None when nothing is there."""
    node, found = _ROOT, None
    for segment in path.split("/")[1:]:
        following = node.below.get(segment) or node.below.get("*")
        if following is None:
            break
        node = following
        found = node.route or found
    return found if path == "/" or found is None or found.entry != "/" else None
