"""Blocks that become questions: work that is assessed by people, and dragging."""

from typing import Any
from xml.etree.ElementTree import Element

from catalog.archive.olx.capa import LONGEST_QUESTION, SHORTEST_QUESTION
from catalog.archive.olx.elements import words_of
from catalog.archive.olx.lesson import LessonInMaking
from catalog.archive.olx.source import read_json
from catalog.archive.refusal import Refused
from catalog.archive.words import cut, line, paragraph, plain
from shared.contracts.assessment.content import QuestionContent

_LONGEST_ITEM = 500
_MOST_ITEMS = 50


def add_open_assessment(lesson: LessonInMaking, block: "Element[str]", place: str) -> None:
    """A response that others assess becomes an essay, which staff grade."""
    title = next((words_of(one) for one in block if one.tag == "title"), "") or "Open response"
    prompts = [words_of(one) for prompts in block.iter("prompts") for one in prompts.iter("description")]
    prompts = prompts or [words_of(one) for one in block.iter("prompt") if not list(one)]
    text = cut("\n".join(filter(None, (title, *(plain(prompt) for prompt in prompts)))), LONGEST_QUESTION)
    if len(text) < SHORTEST_QUESTION:
        lesson.note(place, "openassessment", "There is no text that asks something.")
        return
    files = block.get("file_upload_response", "") in ("required", "optional")
    question = QuestionContent(question_text=text, question_type="essay", order=1, config={"allow_attachments": files})
    lesson.note(place, f"openassessment '{line(title, 100)}'",
                "It is an essay that staff grade; rubric, training, and grades by peers and self stay behind.",
                left_out=False)  # fmt: skip
    _ask(lesson, question, place, "openassessment", title)


def add_drag_and_drop(lesson: LessonInMaking, block: "Element[str]", place: str) -> None:
    """Items dragged into zones become items matched with zones; the picture stands in the text."""
    try:
        data = read_json(block.get("data", "{}"), place)
        question = _matching(block, data)
    except (_NotMatching, Refused, TypeError, AttributeError, KeyError) as error:
        reason = str(error) if isinstance(error, _NotMatching) else "Its data cannot be read."
        lesson.note(place, "drag-and-drop-v2", reason)
        return
    if isinstance(picture := data.get("targetImg"), str) and picture:
        text = str(data.get("targetImgDescription") or "")[:1000]
        lesson.add_markup(f'<p><img src="{_quoted(picture)}" alt="{_quoted(text)}"></p>', place, "drag-and-drop-v2")
    lesson.note(place, "drag-and-drop-v2", "Its items are matched with the names of its zones.", left_out=False)
    _ask(lesson, question, place, "drag-and-drop-v2", line(block.get("display_name", ""), 100) or "Matching")


class _NotMatching(Exception):
    pass


def _matching(block: "Element[str]", data: dict[str, Any]) -> QuestionContent:
    """Raises _NotMatching, and what comes of data of another shape."""
    zones = {str(zone.get("uid") or zone.get("title")): _text(zone.get("title")) for zone in data["zones"]}
    places = {zone: f"z{number}" for number, zone in enumerate(zones, start=1)}
    texts, pairs = {}, []
    for number, item in enumerate(data["items"], start=1):
        into = [str(zone) for zone in item.get("zones") or [item.get("zone")] if zone and zone != "none"]
        if len(into) > 1:
            raise _NotMatching("One of its items fits several zones.")
        texts[f"i{number}"] = _text(item.get("displayName") or item.get("imageDescription"))
        pairs += [(f"i{number}", places[zone]) for zone in into]
    if not pairs or max(len(texts), len(zones)) > _MOST_ITEMS:
        raise _NotMatching(f"It must have 1 to {_MOST_ITEMS} items and zones, and items that belong to zones.")
    names = {places[zone]: text for zone, text in zones.items()}
    left, right = (texts, names)
    if len(pairs) < len(texts):  # some items belong nowhere: distractors, which are on the right
        if {zone for _, zone in pairs} != set(names):
            raise _NotMatching("It has both items without a zone and zones without an item.")
        left, right, pairs = names, texts, [(zone, item) for item, zone in pairs]
    single = len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)
    asked = plain(block.get("question_text") or str(data.get("question_text") or ""))
    text = asked or line(block.get("display_name", ""), 255) or "Match the items with their zones."
    text = text if len(text) >= SHORTEST_QUESTION else f"Match: {text}"
    return QuestionContent(
        question_text=cut(text, LONGEST_QUESTION),
        question_type="matching",
        order=1,
        config={
            "left": [{"id": id_, "text": text} for id_, text in left.items()],
            "right": [{"id": id_, "text": text} for id_, text in right.items()],
            "pairs": [{"left_id": one, "right_id": other} for one, other in pairs],
            "mode": "one_to_one" if single else "one_to_many",
        },
    )


def _text(value: Any) -> str:
    text = line(plain(value) if isinstance(value, str) else "", _LONGEST_ITEM)
    if not text:
        raise _NotMatching("One of its items or zones has no words.")
    return text


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _ask(lesson: LessonInMaking, question: QuestionContent, place: str, element: str, name: str) -> None:
    if lesson.add_questions([question], place, element):
        lesson.add(paragraph(f"{line(name, 100)}: see the questions of this lesson."), place, element)
        lesson.attempts.add(None)
