"""The values that fields of courses and lessons may take. The specification's."""

from typing import Literal

from shared.contracts.catalog.events import AccessLevel

Level = Literal["beginner", "intermediate", "advanced", "all_levels"]
CreationMethod = Literal["builder", "wizard", "ai", "import", "manual"]
CompletionStatus = Literal["not_started", "partially_complete", "complete", "published", "archived"]
LessonType = Literal["video", "reading", "interactive", "quiz", "lab_exercise", "assignment", "discussion"]
ResourceType = Literal[
    "document", "video", "audio", "image", "link", "code_sample", "tool_software", "dataset", "template"
]
WordKind = Literal["word", "tag"]

__all__ = ["AccessLevel", "CompletionStatus", "CreationMethod", "LessonType", "Level", "ResourceType", "WordKind"]
