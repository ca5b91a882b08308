"""Problems of Open edX (CAPA) as questions: those whose grading can be said exactly in ours, and why the others cannot.

A problem has any number of responses among its text; each becomes a question. Both ways of writing them are known: the
older one, with the question in paragraphs before the response, and the newer one with `label` and `description` in it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from catalog.archive.olx.answers import NotCarried, choice, numeric, options, selection, string
from catalog.archive.olx.elements import SILENT, first, is_true, whole_number, words_of
from catalog.archive.words import cut, line
from shared.contracts.assessment.content import QuestionContent

LONGEST_QUESTION = 10_000
LONGEST_EXPLANATION = 5_000
SHORTEST_QUESTION = 5

_READERS: dict[str, Callable[["Element[str]"], QuestionContent]] = {
    "multiplechoiceresponse": choice,
    "truefalseresponse": choice,
    "choiceresponse": selection,
    "optionresponse": options,
    "stringresponse": string,
    "numericalresponse": numeric,
}
_REASONS = {
    "customresponse": "It is graded by a program of its author, which is not run here.",
    "formularesponse": "It asks for a formula, which is compared by calculating; there is no such question here.",
    "symbolicresponse": "It asks for a formula, which is compared by calculating; there is no such question here.",
    "imageresponse": "It asks for a place in a picture; there is no such question here.",
    "schematicresponse": "It asks for a circuit; there is no such question here.",
    "annotationresponse": "It asks about an annotation with graded choices; there is no such question here.",
    "coderesponse": "It is graded by another system.",
    "externalresponse": "It is graded by another system.",
    "choicetextresponse": "It mixes choices with fields to fill in; there is no such question here.",
    "javascriptresponse": "It is graded by a script of its author, which is not run here.",
}
_INPUTS = {
    "choicegroup", "checkboxgroup", "optioninput", "textline", "formulaequationinput", "responseparam",
    "additional_answer", "correcthint", "stringequalhint", "hintgroup", "choicehint", "compoundhint", "hint",
    "radiogroup", "annotationinput", "imageinput", "schematic", "jsinput", "designprotein2dinput", "answer",
}  # fmt: skip


@dataclass
class Problem:
    """What became of a problem. `refused` has tag and reason of each response that is not carried over."""

    questions: list[QuestionContent] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    pictures: list[tuple[str, str]] = field(default_factory=list)
    max_attempts: int | None = None
    shuffles: bool = False


def read_problem(problem: "Element[str]") -> Problem:
    """The questions of a problem, their `order` from 1."""
    read = Problem(
        pictures=[(picture.get("src", ""), picture.get("alt", "")) for picture in _pictures(problem)],
        max_attempts=whole_number(problem, "max_attempts"),
        shuffles=any(is_true(one, "shuffle") for one in problem.iter()),
    )
    asked = list(_responses(problem))
    variables = _uses_variables(problem)
    explanation, weight = _explanation(problem), _weight(problem, len(asked))
    for response, context in asked:
        try:
            if variables:
                raise NotCarried("Its numbers are made by a program of its author, which is not run here.")
            question = _question(problem, response, context, explanation)
        except NotCarried as reason:
            read.refused.append((response.tag, str(reason)))
        else:
            read.questions.append(question.model_copy(update={"order": len(read.questions) + 1} | weight))
            read.changed.extend(_changes(response))
    if not asked:
        read.refused.append(("problem", "It has no response that could be graded."))
    return read


def _question(problem: "Element[str]", response: "Element[str]", context: str, explanation: str) -> QuestionContent:
    """Raises NotCarried."""
    reader = _READERS.get(response.tag)
    if reader is None:
        raise NotCarried(_REASONS.get(response.tag, f"A {response.tag} is not known here."))
    question = reader(response)
    own = words_of(response, SILENT | _INPUTS)
    text = "\n".join(part for part in (context, own) if part) or _label(response)
    name = line(problem.get("display_name", ""), 255)
    if len(text) < SHORTEST_QUESTION:
        text = f"{name or 'Question'}: {text}".rstrip(": ") if text or name else ""
    if len(text) < SHORTEST_QUESTION:
        raise NotCarried("There is no text that asks something.")
    if len(text) > LONGEST_QUESTION:
        raise NotCarried(f"Its text has {len(text)} characters; a question has at most {LONGEST_QUESTION}.")
    told = "\n".join(part for part in (_explanation(response) or explanation, question.explanation) if part)
    return question.model_copy(update={"question_text": text, "explanation": cut(told, LONGEST_EXPLANATION)})


def _label(response: "Element[str]") -> str:
    """The question as an attribute of the field, as older problems have it."""
    return next((line(one.get("label", ""), LONGEST_QUESTION) for one in response.iter() if one.get("label")), "")


def is_response(tag: str) -> bool:
    return tag.endswith("response")


def _responses(problem: "Element[str]") -> Iterator[tuple["Element[str]", str]]:
    """Each response with the text that leads to it: what stands before it, and its row and column in a table."""
    pending = ""
    for part in _parts(problem):
        if isinstance(part, str):
            pending = f"{pending}\n{part}" if pending else part
        elif part.tag == "table":
            for response, cell in _cells(part):
                yield response, "\n".join(text for text in (pending, cell) if text)
            pending = ""
        else:
            yield part, pending
            pending = ""


def _parts(element: "Element[str]") -> Iterator["str | Element[str]"]:
    """Text, responses and tables with responses, in order."""
    if element.text and element.text.strip():
        yield " ".join(element.text.split())
    for child in element:
        if is_response(child.tag):
            yield child
        elif child.tag not in SILENT:
            if not any(is_response(one.tag) for one in child.iter()):
                if text := words_of(child):
                    yield text
            elif child.tag == "table":
                yield child
            else:
                yield from _parts(child)
        if child.tail and child.tail.strip():
            yield " ".join(child.tail.split())


def _cells(table: "Element[str]") -> Iterator[tuple["Element[str]", str]]:
    headings: list[str] = []
    for row in table.iter("tr"):
        cells = [cell for cell in row if cell.tag in ("td", "th")]
        answered = [[one for one in cell.iter() if is_response(one.tag)] for cell in cells]
        if not any(answered):
            headings = headings or [words_of(cell) for cell in cells]
            continue
        label = " ".join(words_of(cell) for cell, responses in zip(cells, answered, strict=True) if not responses)
        for place, responses in enumerate(answered):
            heading = headings[place] if place < len(headings) else ""
            for response in responses:
                yield response, ": ".join(text for text in (label, heading) if text)


def _pictures(problem: "Element[str]") -> Iterator["Element[str]"]:
    """Those that are shown with the question."""
    for child in problem:
        if child.tag == "img":
            yield child
        elif child.tag not in SILENT:
            yield from _pictures(child)


def _explanation(element: "Element[str]") -> str:
    """The solution that stands in an element itself, and the hints there."""
    solution = next((one for one in element if one.tag == "solution"), None)
    hints = [words_of(hint) for part in element if part.tag == "demandhint" for hint in part if hint.tag == "hint"]
    text = words_of(solution, ()) if solution is not None else ""
    for heading in ("Explanation:", "Explanation"):
        text = text.removeprefix(heading).lstrip()
    return "\n".join(part for part in (text, *(f"Hint: {hint}" for hint in hints if hint)) if part)


def _weight(problem: "Element[str]", responses: int) -> dict[str, int | Decimal]:
    """`points` or `weight` of each question, so that together they are worth what the problem is."""
    try:
        worth = Decimal(problem.get("weight", "").strip().strip('"') or "NaN") / max(responses, 1)
    except InvalidOperation:
        return {}
    if not worth.is_finite() or not Decimal("0.01") <= worth <= 100:
        return {}
    if worth == worth.to_integral_value():
        return {"points": int(worth)}
    return {"weight": worth.quantize(Decimal("0.01"))}


def _uses_variables(problem: "Element[str]") -> bool:
    """Whether a script makes values that the problem shows or compares with (`$x`)."""
    if first(problem, "script") is None:
        return False
    shown = words_of(problem, SILENT | {"answer"})
    values = (value for one in problem.iter() for name, value in one.attrib.items() if name in ("answer", "options"))
    return any(_has_variable(text) for text in (shown, *values))


def _has_variable(text: str) -> bool:
    return any(text[at + 1 : at + 2].isalpha() for at, char in enumerate(text) if char == "$")


def _changes(response: "Element[str]") -> Iterator[str]:
    """What is not quite as it was."""
    if response.get("partial_credit"):
        yield "Its own rule of partial credit is not carried over."
    if response.tag == "numericalresponse":
        yield "The number must be given in decimals; expressions are not worked out."
