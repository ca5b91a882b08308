"""GIFT text → questions.

A question is a block of lines up to an empty one. In it stands one `{…}` with the answers; `\\` takes the meaning from
the character after it. All of it takes time linear in the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from assessment.domain.questions import faults_of
from assessment.schemas.questions import QuestionWrite

MOST_QUESTIONS = 1_000
SPECIAL = "~=#{}:"

_ESCAPED = re.compile(r"\\([~=#{}:n\\])")
_FORMAT = re.compile(r"^\[(html|moodle|plain|markdown)\]\s*", re.IGNORECASE)
_TITLE = re.compile(r"^::(?:[^\\:]|\\.|:(?!:))*::\s*", re.DOTALL)
_WEIGHT = re.compile(r"^%(-?\d{1,3}(?:\.\d{1,9})?)%\s*")
_TRUTH = {"T": True, "TRUE": True, "F": False, "FALSE": False}


class NotUnderstood(Exception):
    """Why a block cannot be taken as a question."""


@dataclass(frozen=True)
class Block:
    """A question's text, and the line it begins on."""

    line: int
    text: str


@dataclass(frozen=True)
class Choice:
    """One answer of a block. `weight` is in percent; `~` answers without one have 0."""

    is_right: bool
    weight: Decimal
    text: str
    feedback: str


def read_gift(text: str) -> tuple[list[QuestionWrite], list[tuple[int, str]]]:
    """The questions that are understood, and of the others the line and the reason."""
    questions: list[QuestionWrite] = []
    skipped: list[tuple[int, str]] = []
    for block in blocks_of(text):
        try:
            if len(questions) >= MOST_QUESTIONS:
                raise NotUnderstood(f"One import takes at most {MOST_QUESTIONS} questions.")
            questions.append(_question(block.text))
        except NotUnderstood as reason:
            skipped.append((block.line, str(reason)))
    return questions, skipped


def blocks_of(text: str) -> Iterator[Block]:
    """Blocks between empty lines, without comments and categories."""
    lines: list[str] = []
    first = 0
    for number, line in enumerate([*text.removeprefix("\ufeff").splitlines(), ""], 1):
        stripped = line.strip()
        if stripped.startswith(("//", "$CATEGORY:")):
            continue
        if stripped:
            first = first if lines else number
            lines.append(stripped)
        elif lines:
            yield Block(first, "\n".join(lines))
            lines = []


def _question(text: str) -> QuestionWrite:
    text = _FORMAT.sub("", _TITLE.sub("", text))
    begin, end = _find(text, "{"), _find(text, "}")
    if begin < 0 or end < begin:
        raise NotUnderstood("It has no answers in braces.")
    before, inside, after = _plain(text[:begin]), text[begin + 1 : end].strip(), _plain(text[end + 1 :])
    inside, explanation = _cut(inside, "####")
    fields = _fields(inside, before, after)
    stem = f"{before} _____ {after}".strip() if after else before
    try:
        question = QuestionWrite.model_validate({"question_text": stem, "explanation": _plain(explanation)} | fields)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise NotUnderstood(f"{where}: {error.errors()[0]['msg']}.") from error
    for path, message in faults_of(question).items():
        raise NotUnderstood(f"{path}: {message}")
    return question


def _fields(inside: str, before: str, after: str) -> dict[str, Any]:
    """Type, answers and config, by what stands in the braces."""
    if not inside:
        return {"question_type": "essay"}
    if inside.startswith("#"):
        raise NotUnderstood("Numerical questions are not supported.")
    truth, feedback = _cut(inside, "#")
    if truth.strip().upper() in _TRUTH:
        return _true_false(_TRUTH[truth.strip().upper()], feedback)
    choices = _choices(inside)
    if all(choice.is_right for choice in choices):
        if any(_cut_arrow(choice.text) for choice in choices):
            return _matching(choices)
        return _short_answer(choices, before, after)
    return _multiple(choices)


def _true_false(correct: bool, feedback: str) -> dict[str, Any]:
    if_wrong, if_right = (_plain(part) for part in _cut(feedback, "#"))
    whys = (if_right, if_wrong) if correct else (if_wrong, if_right)
    answers = [{"answer_text": str(value), "explanation": why} for value, why in zip((True, False), whys, strict=True)]
    return {"question_type": "true_false", "config": {"correct_answer": correct}, "answers": answers}


def _choices(inside: str) -> list[Choice]:
    starts = list(_places(inside, "~="))
    if not starts or inside[: starts[0]].strip():
        raise NotUnderstood("Its answers do not begin with = or ~.")
    parts = [inside[begin:end] for begin, end in zip(starts, [*starts[1:], len(inside)], strict=True)]
    return [_choice(part) for part in parts]


def _choice(part: str) -> Choice:
    is_right, rest = part[0] == "=", part[1:].strip()
    weight = Decimal(100 if is_right else 0)
    if found := _WEIGHT.match(rest):
        try:
            weight = Decimal(found[1])
        except InvalidOperation as error:
            raise NotUnderstood("A weight is not a number.") from error
        rest = rest[found.end() :]
    text, feedback = _cut(rest, "#")
    return Choice(is_right, weight, _FORMAT.sub("", text.strip()), _plain(feedback))


def _multiple(choices: list[Choice]) -> dict[str, Any]:
    several = not any(choice.is_right for choice in choices)
    answers = [
        {
            "answer_text": _plain(choice.text),
            "is_correct": choice.weight > 0 if several else choice.is_right,
            "explanation": choice.feedback,
        }
        for choice in choices
    ]
    return {"question_type": "multiple_select" if several else "multiple_choice", "answers": answers}


def _short_answer(choices: list[Choice], before: str, after: str) -> dict[str, Any]:
    """One blank. An asterisk is any text, as in Moodle."""
    right = [choice for choice in choices if choice.weight > 0]
    has_wildcard = any("*" in choice.text for choice in right)
    accepted = [
        {"text": _plain(choice.text), "fraction": str(min(choice.weight / 100, Decimal(1)).quantize(Decimal("0.0001")))}
        for choice in right
    ]
    blank = {"id": "b1", "match": "wildcard" if has_wildcard else "exact", "accepted": accepted}
    text = f"{before} {{{{b1}}}} {after}".strip() if after else "{{b1}}"
    return {"question_type": "fill_blank", "config": {"text": text, "blanks": [blank]}}


def _matching(choices: list[Choice]) -> dict[str, Any]:
    """Equal texts on the right are one item; an empty left side is a distractor."""
    left: list[dict[str, str]] = []
    pairs: list[dict[str, str]] = []
    rights: dict[str, str] = {}
    for choice in choices:
        sides = _cut_arrow(choice.text)
        if sides is None:
            raise NotUnderstood("In a matching question every answer is written =left -> right.")
        one, other = (_plain(side) for side in sides)
        right_id = rights.setdefault(other, f"r{len(rights) + 1}")
        if one:
            left.append({"id": f"l{len(left) + 1}", "text": one})
            pairs.append({"left_id": left[-1]["id"], "right_id": right_id})
    used = [pair["right_id"] for pair in pairs]
    config = {
        "left": left,
        "right": [{"id": id_, "text": text} for text, id_ in rights.items()],
        "pairs": pairs,
        "mode": "one_to_one" if len(set(used)) == len(used) else "one_to_many",
    }
    return {"question_type": "matching", "config": config}


def _plain(text: str) -> str:
    """Without escapes, and without blanks around it."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text).strip()


def _places(text: str, characters: str) -> Iterator[int]:
    """Where one of the characters stands without a backslash before it."""
    escaped = False
    for place, character in enumerate(text):
        if not escaped and character in characters:
            yield place
        escaped = character == "\\" and not escaped


def _find(text: str, character: str) -> int:
    return next(_places(text, character), -1)


def _cut(text: str, mark: str) -> tuple[str, str]:
    """What stands before the mark, and after it."""
    for place in _places(text, mark[0]):
        if text.startswith(mark, place):
            return text[:place], text[place + len(mark) :]
    return text, ""


def _cut_arrow(text: str) -> tuple[str, str] | None:
    before, arrow, after = text.partition("->")
    return (before, after) if arrow else None
