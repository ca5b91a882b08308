"""A course as files of an archive in our own layout (`own`), which others can read as OLX.

What OLX has no place for is in the JSON files only: tiers of content, resources, prices, and questions that are no
problems there (essays, keywords, several blanks, matching).
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from catalog.archive.draft import CourseDraft, LessonDraft, ModuleDraft
from catalog.archive.olx.problems import problem_of
from catalog.archive.own import FORMAT, MANIFEST
from catalog.archive.words import storable
from catalog.domain.html import clean
from catalog.domain.slugs import slug_base

File = tuple[str, bytes]
Rewrite = Callable[[str], str]
_BODIES = ("content", "guest_content", "registered_content", "transcript")
_HIDDEN = {"resources", "assessment"}


def lesson_name(module: int, lesson: int) -> str:
    """The name of a lesson in the archive; both are counted from 1."""
    return f"c{module}s{lesson}"


def resource_link(lesson: str, number: int, path: str | None, rest: str) -> str:
    """How a body leads to a resource (from 0) of a lesson. `rest` is what follows the resource's address."""
    if path is not None and rest == "download/":
        return f"/{path}?resource={lesson}r{number}"
    return f"/syllabus/resource/{lesson}r{number}/{rest}"


def lesson_link_out(lesson: str, rest: str) -> str:
    return f"/jump_to_id/{lesson}{rest}"


def course_files(course: CourseDraft, names: list[list[str]]) -> Iterator[File]:
    """The course and its modules; `names` of the lessons of each."""
    modules = [
        _fields(module, {"lessons"}) | {"names": named} for module, named in zip(course.modules, names, strict=True)
    ]
    yield MANIFEST, _json({"format": FORMAT, "course": _fields(course, {"modules", "token"}), "modules": modules})
    # Not the course's slug, which is of this place: the same course imported again has another one.
    name = slug_base(course.title, "course")
    yield "course.xml", _xml(Element("course", {"url_name": "course", "org": "Syllabus", "course": name}))
    root = Element("course", {"display_name": course.title, "language": course.language})
    root.set("learning_info", json.dumps(course.learning_objectives, ensure_ascii=False))
    root.set("cert_html_view_enabled", str(course.has_certificate).lower())
    if course.thumbnail:
        root.set("course_image", course.thumbnail.removeprefix("static/"))
    for number, (module, named) in enumerate(zip(course.modules, names, strict=True), start=1):
        SubElement(root, "chapter", {"url_name": f"c{number}"})
        chapter = Element("chapter", {"display_name": module.title})
        for name in named:
            SubElement(chapter, "sequential", {"url_name": name})
        yield f"chapter/c{number}.xml", _xml(chapter)
    yield "course/course.xml", _xml(root)
    yield "about/overview.html", course.description.encode()
    yield "about/short_description.html", course.subtitle.encode()


def lesson_files(name: str, lesson: LessonDraft, rewrite: Rewrite) -> Iterator[File]:
    """A lesson, with the links in its bodies rewritten."""
    page = f"html/{name}.html"
    bodies = {body: clean(text, rewrite) if (text := getattr(lesson, body)) else text for body in _BODIES}
    resources = [resource.model_dump(mode="json") for resource in lesson.resources]
    assessment = lesson.assessment.model_dump(mode="json") if lesson.assessment else None
    fields = _fields(lesson, _HIDDEN) | bodies | {"resources": resources, "assessment": assessment}
    del fields["content"]
    yield f"syllabus/{name}.json", _json(fields | {"content_file": page})
    yield page, str(bodies["content"]).encode()
    yield f"html/{name}.xml", _xml(Element("html", {"filename": name, "display_name": lesson.title}))
    is_graded = bool(lesson.assessment and lesson.assessment.rules.get("is_required", True))
    sequential = Element("sequential", {"display_name": lesson.title, "graded": str(is_graded).lower()})
    SubElement(sequential, "vertical", {"url_name": f"{name}v"})
    yield f"sequential/{name}.xml", _xml(sequential)
    vertical = Element("vertical", {"display_name": lesson.title})
    if lesson.video_url:
        SubElement(vertical, "video", {"url_name": name})
        yield f"video/{name}.xml", _xml(_video(lesson))
    SubElement(vertical, "html", {"url_name": name})
    for number, question in enumerate(lesson.assessment.questions if lesson.assessment else [], start=1):
        problem = problem_of(question)
        if problem is not None:
            SubElement(vertical, "problem", {"url_name": f"{name}q{number}"})
            yield f"problem/{name}q{number}.xml", _xml(problem)
    yield f"vertical/{name}v.xml", _xml(vertical)


def _video(lesson: LessonDraft) -> "Element[str]":
    video = Element("video", {"display_name": lesson.title})
    start, _, youtube = lesson.video_url.partition("watch?v=")
    if "youtube" in start and youtube:
        video.set("youtube_id_1_0", youtube.partition("&")[0])
    else:
        SubElement(video, "source", {"src": lesson.video_url})
    return video


def _fields(draft: CourseDraft | ModuleDraft | LessonDraft, but: set[str]) -> dict[str, Any]:
    return draft.model_dump(mode="json", exclude=but)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _xml(element: "Element[str]") -> bytes:
    for one in element.iter():
        one.text = storable(one.text) if one.text else one.text
        for name, value in one.attrib.items():
            one.set(name, storable(value))
    return f"{tostring(element, encoding='unicode')}\n".encode()
