"""Responses of CAPA problems as questions without their text: what is offered, and what is right."""

import re
from xml.etree.ElementTree import Element

from catalog.archive.olx.elements import is_true, words_of
from catalog.archive.words import cut, line
from shared.contracts.assessment.content import AnswerContent, QuestionContent

MOST_ANSWERS = 10
LONGEST_ANSWER = 500
MOST_ACCEPTED = 20
LONGEST_PATTERN = 200
LONGEST_WHY = 5_000

_HINTS = {"choicehint", "optionhint", "compoundhint", "solution", "script", "style"}
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_NUMBER = re.compile(r"([+-]?)(\d{0,30})(?:\.(\d{0,30}))?")
_NOT_REGULAR = re.compile(r"\(\?(?:[=!<(]|P=)|\\[1-9]")
_ZERO = re.compile(r"0*(\.0*)?%?")


class NotCarried(Exception):
    """A sentence that says why a response is not carried over."""


def choice(response: "Element[str]") -> QuestionContent:
    answers = _choices(response)
    right = sum(answer.is_correct for answer in answers)
    if right != 1:
        raise NotCarried(f"{right} of its choices are right, and one is to be taken; here exactly one must be right.")
    return _offering("multiple_choice", answers)


def selection(response: "Element[str]") -> QuestionContent:
    answers = _choices(response)
    if not any(answer.is_correct for answer in answers):
        raise NotCarried("None of its choices is right; here at least one must be.")
    return _offering("multiple_select", answers)


def options(response: "Element[str]") -> QuestionContent:
    inputs = list(response.iter("optioninput"))
    if len(inputs) != 1:
        raise NotCarried(f"It has {len(inputs)} drop-down lists; here a question has one.")
    answers = _listed(inputs[0]) if inputs[0].get("options") else _choices(inputs[0], "option")
    if sum(answer.is_correct for answer in answers) != 1:
        raise NotCarried("Exactly one of the options must be right.")
    return _offering("multiple_choice", answers)


def string(response: "Element[str]") -> QuestionContent:
    kinds = response.get("type", "").lower().split()
    given = [response.get("answer", "")]
    given += [one.get("answer") or (one.text or "") for one in response if one.tag == "additional_answer"]
    accepted = [text for text in (" ".join(one.split()) for one in given) if text]
    is_pattern = "regexp" in kinds
    if not accepted:
        raise NotCarried("It has no right answer.")
    if is_pattern:
        _check_patterns(accepted)
    return _filling(accepted, "regex" if is_pattern else "exact", case_sensitive="ci" not in kinds, of=response)


def numeric(response: "Element[str]") -> QuestionContent:
    answer = response.get("answer", "").strip()
    found = _NUMBER.fullmatch(answer)
    if found is None or not (found[2] or found[3]):
        raise NotCarried("Its answer is a range or an expression; here it would have to be a number.")
    for one in response:
        tolerance = one.get("default", "").strip() if one.tag == "responseparam" else ""
        if tolerance and not _ZERO.fullmatch(tolerance):
            raise NotCarried(f"It accepts answers within {line(tolerance, 30)}; there is no tolerance here.")
    if any(one.tag == "additional_answer" for one in response):
        raise NotCarried("It has several right numbers.")
    return _filling([_decimal(*found.groups())], "regex", case_sensitive=False, of=response)


def _decimal(sign: str, whole: str, fraction: str | None) -> str:
    """A pattern of the ways to write a number: with zeros before and after it, and a plus."""
    whole, fraction = whole.lstrip("0"), (fraction or "").rstrip("0")
    if not whole and not fraction:
        return r"[+-]?(?:0+\.?0*|\.0+)"
    start = "-" if sign == "-" else r"\+?"
    end = rf"\.{fraction}0*" if fraction else r"(?:\.0*)?"
    return f"{start}0*{whole}{end}"


def _choices(element: "Element[str]", tag: str = "choice") -> list[AnswerContent]:
    answers: list[AnswerContent] = []
    for one in element.iter(tag):
        picture = next(one.iter("img"), None)
        text = words_of(one, _HINTS) or (picture.get("alt", "") if picture is not None else "")
        if not text:
            raise NotCarried("One of its choices has no words.")
        if one.get("correct", "").lower() == "partial":
            raise NotCarried("One of its choices is half right; here a choice is right or wrong.")
        hints = [words_of(hint) for hint in one if hint.tag in _HINTS and not _is_of_the_other(hint)]
        why = cut("\n".join(hint for hint in hints if hint), LONGEST_WHY)
        answers.append(_answer(text, is_true(one, "correct"), len(answers) + 1, why))
    return answers


def _is_of_the_other(hint: "Element[str]") -> bool:
    """Whether a hint is for those who did not take the choice."""
    return hint.get("selected", "").lower() == "false"


def _listed(element: "Element[str]") -> list[AnswerContent]:
    """The options of an older drop-down list: `options="('one','two')" correct="one"`."""
    texts = [single or double for single, double in _QUOTED.findall(element.get("options", "")) if single or double]
    right = element.get("correct", "").strip()
    return [_answer(text.strip(), text.strip() == right, place) for place, text in enumerate(texts, start=1)]


def _answer(text: str, is_correct: bool, order: int, why: str = "") -> AnswerContent:
    if len(text) > LONGEST_ANSWER:
        raise NotCarried(f"One of its choices has {len(text)} characters; at most {LONGEST_ANSWER} are kept.")
    return AnswerContent(answer_text=text, is_correct=is_correct, order=order, explanation=why)


def _offering(question_type: str, answers: list[AnswerContent]) -> QuestionContent:
    if not 2 <= len(answers) <= MOST_ANSWERS:
        raise NotCarried(f"It offers {len(answers)} answers; 2 to {MOST_ANSWERS} are possible.")
    return QuestionContent(question_text="", question_type=question_type, order=1, answers=answers)


def _filling(accepted: list[str], match: str, *, case_sensitive: bool, of: "Element[str]") -> QuestionContent:
    """A question with one blank to fill in."""
    if len(accepted) > MOST_ACCEPTED or max(map(len, accepted)) > LONGEST_PATTERN:
        raise NotCarried(f"At most {MOST_ACCEPTED} right answers of {LONGEST_PATTERN} characters are possible.")
    blank = {
        "id": "b1",
        "match": match,
        "case_sensitive": case_sensitive,
        "accepted": [{"text": text, "fraction": 1} for text in dict.fromkeys(accepted)],
    }
    hints = [words_of(hint) for hint in of if hint.tag == "correcthint"]
    return QuestionContent(
        question_text="",
        question_type="fill_blank",
        order=1,
        explanation="\n".join(hint for hint in hints if hint),
        config={"text": "{{b1}}", "blanks": [blank]},
    )


def _check_patterns(patterns: list[str]) -> None:
    for pattern in patterns:
        if _NOT_REGULAR.search(pattern):
            raise NotCarried("Its pattern looks around or back, which patterns here cannot.")
        try:
            re.compile(pattern)
        except (re.error, RecursionError, OverflowError):
            raise NotCarried("Its pattern is not a regular expression.") from None
