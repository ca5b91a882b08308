"""What each kind of block adds to its lesson."""

from collections.abc import Callable
from xml.etree.ElementTree import Element, tostring

from catalog.archive.html import body
from catalog.archive.olx import interactive
from catalog.archive.olx.capa import read_problem
from catalog.archive.olx.elements import first, is_true
from catalog.archive.olx.lesson import LessonInMaking
from catalog.archive.olx.videos import add_video
from catalog.archive.words import line, paragraph

Block = Callable[[LessonInMaking, "Element[str]", str], None]
DEEPEST = 10
TRANSPARENT = {
    "vertical",
    "wrapper",
    "problemset",
    "section",
    "library_content",
    "itembank",
    "randomize",
    "conditional",
}
"""Blocks that hold others."""
_EXPLAINED = {
    "library_content": "It shows {count} of its problems, drawn for each learner; all of them are here.",
    "itembank": "It shows some of its problems, drawn for each learner; all of them are here.",
    "randomize": "It shows one of its blocks, drawn for each learner; all of them are here.",
    "conditional": "It is shown when a condition holds; here it is always shown.",
}
_REASONS = {
    "lti": "A tool outside, which would need keys of its own.",
    "lti_consumer": "A tool outside, which would need keys of its own.",
    "poll": "There are no polls here.",
    "poll_question": "There are no polls here.",
    "survey": "There are no surveys here.",
    "word_cloud": "There are no word clouds here.",
    "done": "Lessons are marked as done by the platform itself.",
    "edx_sga": "A file handed in and graded by a person; make an essay question with attachments instead.",
    "staffgradedxblock": "Points given by staff for work elsewhere; there is nothing to do here.",
    "split_test": "A test with groups of learners; there is nothing like it here.",
    "scorm": "A SCORM package; there is no player for it here.",
}


def add_block(lesson: LessonInMaking, element: "Element[str]", place: str, depth: int = 0) -> None:
    """Add a block and what is in it. Raises Refused for a broken file."""
    resolved = lesson.source.resolve(element, place)
    name = line(element.get("display_name", ""), 100)
    if resolved is None:
        lesson.note(place, f"{element.tag} {element.get('url_name', '')}", "Its file is not in the archive.")
        return
    block, place = resolved
    name = line(block.get("display_name", ""), 100)
    label = f"{block.tag} '{name}'" if name else block.tag
    if is_true(block, "visible_to_staff_only"):
        lesson.note(place, label, "It is hidden from learners.")
    elif depth > DEEPEST:
        lesson.note(place, label, f"It lies more than {DEEPEST} blocks deep.")
    elif block.tag in TRANSPARENT:
        if reason := _EXPLAINED.get(block.tag):
            lesson.note(place, label, reason.format(count=block.get("max_count", "some")), left_out=False)
        for child in block:
            add_block(lesson, child, place, depth + 1)
    elif (add := _BLOCKS.get(block.tag)) is not None:
        add(lesson, block, place)
    else:
        reason = _REASONS.get(block.tag, "There is nothing like it here.")
        lesson.note(place, label, reason)


def _html(lesson: LessonInMaking, block: "Element[str]", place: str) -> None:
    name = block.get("filename")
    if name is None:
        lesson.add_markup(inner(block), place)
        return
    path = f"html/{name.replace(':', '/')}.html"
    if lesson.source.has(path):
        lesson.add_markup(lesson.source.text(path), path)
    else:
        lesson.note(path, "html", "This file is not in the archive.")


def inner(element: "Element[str]") -> str:
    """What is inside an element, as mark-up."""
    return (element.text or "") + "".join(tostring(child, encoding="unicode", method="html") for child in element)


def _problem(lesson: LessonInMaking, block: "Element[str]", place: str) -> None:
    name = line(block.get("display_name", ""), 100) or "Problem"
    problem = read_problem(block)
    for tag, reason in problem.refused:
        lesson.note(place, tag, reason)
    for change in dict.fromkeys(problem.changed):
        lesson.note(place, f"problem '{name}'", change, left_out=False)
    if not problem.questions:
        return
    for address, text in problem.pictures:
        picture = Element("img", {"src": address, "alt": text})
        shown = body(tostring(picture, encoding="unicode"), lambda link: lesson.address(link, place))
        lesson.add(f"<p>{shown}</p>", place, "img")
    if lesson.add_questions(problem.questions, place, f"problem '{name}'"):
        lesson.add(paragraph(f"{name}: see the questions of this lesson."), place, "problem")
        lesson.attempts.add(problem.max_attempts)
        lesson.shuffles |= problem.shuffles


def _annotatable(lesson: LessonInMaking, block: "Element[str]", place: str) -> None:
    if first(block, "annotation") is not None:
        lesson.note(place, "annotation", "The text is kept, without what appears beside marked words.", left_out=False)
    for marked in block.iter("annotation"):
        marked.tag = "span"  # by its own name it is a part of formulas in HTML, and not shown
        marked.attrib.clear()
    lesson.add_markup(inner(block), place, "annotatable")


def _discussion(lesson: LessonInMaking, block: "Element[str]", place: str) -> None:
    lesson.has_discussion = True
    lesson.note(place, "discussion", "Topics are begun in the course itself, by its staff and learners.")


_BLOCKS: dict[str, Block] = {
    "html": _html,
    "text": _html,
    "video": add_video,
    "problem": _problem,
    "annotatable": _annotatable,
    "discussion": _discussion,
    "openassessment": interactive.add_open_assessment,
    "drag-and-drop-v2": interactive.add_drag_and_drop,
}
