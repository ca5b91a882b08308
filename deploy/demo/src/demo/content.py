"""The demo courses as they lie in `deploy/demo/courses`: a `course.toml`, and a Markdown file for each lesson."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

COURSES = Path(__file__).parents[2] / "courses"

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True)
class Lesson:
    """`fields` are the API's; `assessment` the body of its assessment without the lesson, if it has one."""

    fields: dict[str, Any]
    assessment: dict[str, Any] | None


@dataclass(frozen=True)
class Module:
    fields: dict[str, Any]
    lessons: list[Lesson]


@dataclass(frozen=True)
class Course:
    """`category` is a name; the other fields are the API's."""

    category: str
    fields: dict[str, Any]
    modules: list[Module]

    @property
    def title(self) -> str:
        return str(self.fields["title"])

    @property
    def lessons(self) -> int:
        return sum(len(module.lessons) for module in self.modules)


def all_courses() -> list[Course]:
    return [read_course(folder) for folder in sorted(COURSES.iterdir()) if (folder / "course.toml").exists()]


def read_course(folder: Path) -> Course:
    fields = tomllib.loads((folder / "course.toml").read_text(encoding="utf-8"))
    modules = [_module(folder, module) for module in fields.pop("modules")]
    return Course(category=fields.pop("category"), fields=fields, modules=modules)


def _module(folder: Path, fields: dict[str, Any]) -> Module:
    lessons = [_lesson(folder, lesson) for lesson in fields.pop("lessons")]
    return Module({**fields, "is_published": True}, lessons)


def _lesson(folder: Path, fields: dict[str, Any]) -> Lesson:
    assessment = fields.pop("assessment", None)
    text = (folder / "lessons" / fields.pop("file")).read_text(encoding="utf-8")
    for teaser in ("guest_content", "registered_content"):
        if fields.get(teaser):
            fields[teaser] = _MARKDOWN.render(fields[teaser])
    return Lesson({**fields, "content": _MARKDOWN.render(text)}, assessment)
