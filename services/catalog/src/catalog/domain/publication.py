"""What a course needs before it can be published, and how far it has come."""

from dataclasses import dataclass

from catalog.domain.choices import CompletionStatus

SHORTEST_DESCRIPTION = 50
_STEPS = 4


@dataclass(frozen=True)
class Substance:
    """What publication looks at."""

    description: str
    learning_objectives: int
    modules: int
    lessons_with_content: int


def missing_for_publication(course: Substance) -> dict[str, str]:
    """Everything that is missing, by field; empty when the course can be published."""
    missing = {}
    if len(course.description.strip()) < SHORTEST_DESCRIPTION:
        missing["description"] = f"A description of at least {SHORTEST_DESCRIPTION} characters is needed."
    if not course.learning_objectives:
        missing["learning_objectives"] = "At least one learning objective is needed."
    if not course.modules:
        missing["modules"] = "At least one module is needed."
    if not course.lessons_with_content:
        missing["lessons"] = "At least one lesson with content is needed."
    return missing


def completion_percentage(course: Substance) -> int:
    """0–100, in equal steps for what publication needs."""
    return (_STEPS - len(missing_for_publication(course))) * 100 // _STEPS


def completion_status(percentage: int, *, is_published: bool, is_archived: bool = False) -> CompletionStatus:
    if is_published:
        return "published"
    if is_archived:
        return "archived"
    if percentage == 100:
        return "complete"
    return "partially_complete" if percentage else "not_started"
