"""This platform's own layout: OLX for others, and beside it everything that OLX has no place for.

`syllabus.json` has the course and its modules, and names the lessons of each; `syllabus/<lesson>.json` has a lesson
with its resources and its assessment, and the lesson's content is the file of HTML that it names. Files are in
`static/`.
Links to resources are `/static/<file>?resource=<lesson>r<number>` or `/syllabus/resource/<lesson>r<number>/`, those to
lessons `/jump_to_id/<lesson>`. Whatever is not as it should be refuses the archive: nobody edits it by accident.
"""

import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, Field

from catalog.archive.draft import CourseDraft, LessonDraft, ModuleDraft, Report
from catalog.archive.limits import MOST_LESSONS, MOST_LESSONS_OF_MODULE, MOST_MODULES
from catalog.archive.links import file_link, lesson_link
from catalog.archive.refusal import Refused
from catalog.archive.resources import check_file
from catalog.archive.tar import Tree
from catalog.domain.html import clean
from catalog.domain.validation import validate_discount, validate_guest_content

MANIFEST = "syllabus.json"
FORMAT = "syllabus-course-1"
_RESOURCE = re.compile(r"(?:/static/[^?#]*\?resource=|/syllabus/resource/)([a-z0-9]{2,30})r(\d{1,4})(/?.*)")
_LESSON = re.compile(r"/jump_to_id/([a-z0-9]{2,30})/?(.*)")
_BODIES = ("content", "guest_content", "registered_content", "transcript")


class ModuleOfManifest(ModuleDraft):
    """`names` of its lessons, in order."""

    names: list[str] = Field(max_length=MOST_LESSONS_OF_MODULE)


class Manifest(BaseModel):
    format: str
    course: CourseDraft
    modules: list[ModuleOfManifest] = Field(max_length=MOST_MODULES)


class LessonOfArchive(LessonDraft):
    """`content` is in the file named `content_file`, where there is one."""

    content_file: str = ""


def read_own(tree: Tree) -> tuple[CourseDraft, Report]:
    """Raises Refused, and ValidationError for values that a course cannot have."""
    manifest = Manifest.model_validate(_json(tree, MANIFEST))
    if manifest.format != FORMAT:
        raise Refused(f"This is written in a newer way than the one known here, {FORMAT}.", MANIFEST)
    course = manifest.course.model_copy(update={"token": secrets.token_hex(8)})
    names = [name for module in manifest.modules for name in module.names]
    if len(set(names)) != len(names) or len(names) > MOST_LESSONS:
        raise Refused(f"Each lesson must be named once, and at most {MOST_LESSONS} of them.", MANIFEST)
    numbers = {name: number for number, name in enumerate(names)}
    rewrite = _rewriting(course.token, numbers)
    course.description, course.target_audience = clean(course.description), clean(course.target_audience)
    for module in manifest.modules:
        lessons = [_lesson(tree, f"syllabus/{name}.json", rewrite) for name in module.names]
        fields = {name: getattr(module, name) for name in ModuleDraft.model_fields}
        described = clean(module.description)
        course.modules.append(ModuleDraft(**fields | {"lessons": lessons, "description": described}))
    _check(course)
    report = Report(layout="syllabus")
    report.count(course)
    return course, report


def _lesson(tree: Tree, place: str, rewrite: Callable[[str], str]) -> LessonDraft:
    given = _json(tree, place)
    if not isinstance(given, dict):
        raise Refused("This is no lesson.", place)
    if path := given.get("content_file"):
        given["content"] = tree.text(str(path), encoding="utf-8")
    for name in _BODIES:
        if isinstance(body := given.get(name), str):
            given[name] = clean(body, rewrite)
    lesson = LessonDraft.model_validate(given)
    for resource in lesson.resources:
        if resource.file is not None and resource.file not in tree.files:
            raise Refused(f"The file '{resource.file}' is not in the archive.", place)
        if resource.file is not None:
            try:
                check_file(resource.type, resource.file, tree.files[resource.file].path)
            except ValueError as error:
                raise Refused(str(error), resource.file) from None
        if resource.file is None and not resource.url:
            raise Refused("A resource has neither a file nor an address.", place)
    return lesson


def _rewriting(token: str, numbers: dict[str, int]) -> Callable[[str], str]:
    def rewrite(address: str) -> str:
        if (found := _RESOURCE.fullmatch(address)) and found[1] in numbers:
            rest = "download/" if address.startswith("/static/") else found[3].removeprefix("/")
            return file_link(token, numbers[found[1]], int(found[2])) + rest
        if (found := _LESSON.fullmatch(address)) and found[1] in numbers:
            return lesson_link(token, numbers[found[1]]) + found[2]
        return address

    return rewrite


def _check(course: CourseDraft) -> None:
    """What the fields alone do not say. Raises Refused."""
    try:
        validate_discount(course.price, course.discount_price)
        for lesson in course.lessons():
            validate_guest_content(lesson.access_level, lesson.guest_content)
    except ValueError as error:
        raise Refused(str(error)) from None
    siblings = [[module.order for module in course.modules]]
    siblings += [[lesson.order for lesson in module.lessons] for module in course.modules]
    siblings += [[resource.order for resource in lesson.resources] for lesson in course.lessons()]
    if any(len(set(orders)) != len(orders) for orders in siblings):
        raise Refused("Modules, lessons of a module and resources of a lesson must each have an order of their own.")


def _json(tree: Tree, place: str) -> Any:
    try:
        value = json.loads(tree.text(place))
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Refused("It has half of a character (an unpaired surrogate).", place) from None
    except (ValueError, RecursionError):
        raise Refused("This is not sound JSON.", place) from None
    return value
