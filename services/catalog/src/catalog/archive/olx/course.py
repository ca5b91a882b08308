"""A course in OLX as a draft: chapters are modules, sequentials are lessons with their verticals in a row."""

import re
import secrets
from typing import Any
from xml.etree.ElementTree import Element

from catalog.archive.draft import CourseDraft, LessonDraft, ModuleDraft, Report
from catalog.archive.html import body
from catalog.archive.limits import MOST_LESSONS, MOST_LESSONS_OF_MODULE, MOST_MODULES
from catalog.archive.links import lesson_link
from catalog.archive.olx.blocks import add_block
from catalog.archive.olx.elements import is_true
from catalog.archive.olx.lesson import LessonInMaking, Settings
from catalog.archive.olx.source import Source, read_json
from catalog.archive.refusal import Refused
from catalog.archive.statics import is_material, static_name
from catalog.archive.words import cut, line, paragraph, plain
from catalog.domain import validation
from catalog.domain.publication import SHORTEST_DESCRIPTION
from catalog.schemas.fields import LONGEST_DESCRIPTION

_PAGES = {
    "info/updates.html": "Announcements belong to a run of the course.",
    "info/handouts.html": "There is no page of handouts; link them in a lesson.",
}
_FOLDERS = {
    "tabs/": "There are no pages beside the lessons.",
    "drafts/": "It is not published there.",
    "textbooks/": "There are no textbooks; make the files resources of a lesson.",
}


def read_course(source: Source) -> tuple[CourseDraft, Report]:
    """Raises Refused."""
    return _Reading(source).run()


class _Reading:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._report = Report(layout="olx")
        self._settings = Settings(secrets.token_hex(8))
        self._lesson_of: dict[str, int] = {}
        """The number of the lesson in which a block stands, by the block's name."""
        self._lessons = 0

    def run(self) -> tuple[CourseDraft, Report]:
        resolved = self._source.resolve(self._source.xml("course.xml"), "course.xml")
        if resolved is None or resolved[0].tag != "course":
            raise Refused("It does not lead to a course.", "course.xml")
        root, place = resolved
        facts = self._facts(root)
        course = self._course(root, facts)
        modules = [module for child in root if (module := self._module(child, place)) is not None]
        if len(modules) > MOST_MODULES:
            raise Refused(f"The course has {len(modules)} chapters; at most {MOST_MODULES} are taken.")
        course.modules = [module.model_copy(update={"order": at}) for at, module in enumerate(modules, start=1)]
        self._link_lessons(course)
        self._note_rest()
        self._report.count(course)
        return course, self._report

    def _facts(self, root: "Element[str]") -> dict[str, Any]:
        """What the course says of itself: its attributes, and over them its policy. Sets the grade to pass."""
        name = root.get("url_name", "")
        facts: dict[str, Any] = dict(root.attrib)
        for path in (f"policies/{name}.json", f"policies/{name}/policy.json"):
            policy = self._source.json(path) if self._source.has(path) else None
            own = policy.get(f"course/{name}") if isinstance(policy, dict) else None
            facts |= own if isinstance(own, dict) else {}
        if isinstance(listed := facts.get("learning_info"), str):  # an attribute has it as JSON
            facts["learning_info"] = read_json(listed, "course.xml")
        grading = f"policies/{name}/grading_policy.json"
        if self._source.has(grading):
            self._settings.passing_score = _passing_score(self._source.json(grading))
        return facts

    def _course(self, root: "Element[str]", facts: dict[str, Any]) -> CourseDraft:
        title = line(_text(facts.get("display_name")) or _text(root.get("course")), 160)
        language = _text(facts.get("language")) or "en"
        description = self._description()
        objectives = self._objectives(facts.get("learning_info"))
        if len(description) < SHORTEST_DESCRIPTION:
            self._report.note("about/overview.html", "description", f"The course needs a description of at least "
                              f"{SHORTEST_DESCRIPTION} characters before it can be published.")  # fmt: skip
        if not objectives:
            self._report.note("policies", "learning_info", "There are no learning objectives; the course needs one "
                              "before it can be published.")  # fmt: skip
        draft = CourseDraft(
            token=self._settings.token,
            title=title if len(title) >= 3 else f"Course {title}".strip(),
            subtitle=line(self._about("subtitle") or self._about("short_description"), 255),
            description=description,
            learning_objectives=objectives,
            language=_kept(validation.validate_language, language.replace("_", "-"), "en"),
            has_certificate=str(facts.get("cert_html_view_enabled", "")).lower() == "true",
            thumbnail=self._thumbnail(_text(facts.get("course_image"))),
        )
        self._settings.language = draft.language
        return draft

    def _about(self, name: str) -> str:
        path = f"about/{name}.html"
        return plain(self._source.text(path)) if self._source.has(path) else ""

    def _description(self) -> str:
        path = "about/overview.html"
        markup = self._source.text(path) if self._source.has(path) else ""
        html = body(markup, lambda address: "#" if static_name(address) else address)
        if len(html) > LONGEST_DESCRIPTION:
            self._report.note(path, "description", "It is too long and is kept without its form.", left_out=False)
            html = cut(paragraph(plain(html)), LONGEST_DESCRIPTION - 4)
        return html or self._about("short_description")

    def _objectives(self, given: Any) -> list[str]:
        lines = (
            [line(one, validation.LONGEST_ITEM) for one in given if isinstance(one, str)]
            if isinstance(given, list)
            else []
        )
        kept = [one for one in lines if len(one) >= 5]
        if len(kept) > validation.MOST_OBJECTIVES:
            self._report.note("policies", "learning_info", f"At most {validation.MOST_OBJECTIVES} are kept.")
        return kept[: validation.MOST_OBJECTIVES]

    def _thumbnail(self, name: str) -> str | None:
        path = self._source.statics.find(name) if name else None
        return path if path is not None and is_material(path) else None

    def _module(self, child: "Element[str]", place: str) -> ModuleDraft | None:
        """A chapter; what stands beside chapters and has lessons in it is taken as one."""
        resolved = self._source.resolve(child, place)
        name = line(child.get("display_name", ""), 100)
        if resolved is None:
            self._report.note(place, f"{child.tag} {child.get('url_name', '')}", "Its file is not in the archive.")
            return None
        chapter, place = resolved
        if chapter.tag not in ("chapter", "sequential", "videosequence"):
            self._report.note(place, f"{chapter.tag} {name}".strip(), "It is no part of the outline.")
            return None
        title = line(chapter.get("display_name", ""), 255)
        if is_true(chapter, "visible_to_staff_only"):
            self._report.note(place, f"{chapter.tag} '{title}'", "It is hidden from learners.")
            return None
        inside = list(chapter) if chapter.tag == "chapter" else [chapter]
        lessons = [lesson for one in inside if (lesson := self._lesson(one, place)) is not None]
        if len(lessons) > MOST_LESSONS_OF_MODULE or self._lessons > MOST_LESSONS:
            raise Refused(f"At most {MOST_LESSONS_OF_MODULE} lessons of a chapter are taken, and {MOST_LESSONS} of a "
                          "course.", place)  # fmt: skip
        ordered = [lesson.model_copy(update={"order": at}) for at, lesson in enumerate(lessons, start=1)]
        return ModuleDraft(title=title if len(title) >= 2 else f"Module {title}".strip(), order=1, lessons=ordered)

    def _lesson(self, child: "Element[str]", place: str) -> LessonDraft | None:
        resolved = self._source.resolve(child, place)
        if resolved is None:
            self._report.note(place, f"{child.tag} {child.get('url_name', '')}", "Its file is not in the archive.")
            return None
        sequential, place = resolved
        title = line(sequential.get("display_name", ""), 255)
        label = f"{sequential.tag} '{title}'"
        if is_true(sequential, "visible_to_staff_only"):
            self._report.note(place, label, "It is hidden from learners.")
            return None
        for date in ("due", "start"):
            if sequential.get(date, "").strip('"'):
                self._report.note(place, label, f"Its {date} date belongs to a run of the course.", left_out=False)
        lesson = LessonInMaking(
            self._source,
            self._report,
            self._settings,
            self._lessons,
            title if len(title) >= 2 else f"Lesson {title}".strip(),
            is_graded=is_true(sequential, "graded"),
        )
        for block in [sequential] if sequential.tag not in ("sequential", "videosequence") else sequential:
            self._unit(lesson, block, place)
        self._lesson_of[sequential.get("url_name", "")] = self._lessons
        self._lessons += 1
        return lesson.finished(1)

    def _unit(self, lesson: LessonInMaking, child: "Element[str]", place: str) -> None:
        """A vertical with its name as a heading, or a block that stands alone."""
        resolved = self._source.resolve(child, place)
        if resolved is None:
            self._report.note(place, f"{child.tag} {child.get('url_name', '')}", "Its file is not in the archive.")
            return
        unit, place = resolved
        for block in unit.iter():
            if name := block.get("url_name"):
                self._lesson_of[name] = self._lessons
        name = plain(unit.get("display_name", ""))
        if unit.tag == "vertical" and name and not is_true(unit, "visible_to_staff_only"):
            lesson.add(paragraph(name).replace("p>", "h2>"), place, "vertical")
        add_block(lesson, unit, place)

    def _link_lessons(self, course: CourseDraft) -> None:
        """Links to blocks lead to the lesson that has the block."""
        token = self._settings.token

        def address(match: re.Match[str]) -> str:
            number = self._lesson_of.get(match[1])
            return "#" if number is None else lesson_link(token, number)

        for lesson in course.lessons():
            lesson.content = re.sub(rf"/{token}/block/([\w.-]+)/", address, lesson.content)

    def _note_rest(self) -> None:
        """What the archive has and the course does not."""
        for path, reason in _PAGES.items():
            if self._source.has(path) and plain(self._source.text(path)):
                self._report.note(path, "info", reason)
        for path in sorted(self._source.paths):
            for folder, why in _FOLDERS.items():
                if path.startswith(folder):
                    self._report.note(path, folder.rstrip("/"), why)
        for path in self._source.statics.others():
            what = "No lesson refers to it." if is_material(path) else "It is part of web pages, not material."
            self._report.note(path, "static", what)


def _passing_score(policy: Any) -> int | None:
    """The lowest grade that passes, as a percentage."""
    cutoffs = policy.get("GRADE_CUTOFFS") if isinstance(policy, dict) else None
    values = [one for one in cutoffs.values() if isinstance(one, int | float)] if isinstance(cutoffs, dict) else []
    lowest = min(values, default=-1)
    return round(lowest * 100) if 0 <= lowest <= 1 else None


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _kept(validate: Any, value: str, otherwise: str) -> str:
    try:
        return str(validate(value))
    except ValueError:
        return otherwise
