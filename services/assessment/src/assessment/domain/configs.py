"""What a well-formed `config` of a question is, for each type that has one. Faults are sentences by path."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from assessment.domain.texts import BadPattern, compile_pattern
from assessment.models import QuestionType
from assessment.schemas.configs import CONFIGS, Blank, MatchingConfig, QuestionConfig

Faults = dict[str, str]

MOST_PATTERNS = 50

_MARKER = re.compile(r"\{\{\s*([A-Za-z0-9_-]{1,30})\s*\}\}")


def stored_config(question_type: QuestionType, config: QuestionConfig) -> dict[str, Any]:
    """What is kept of it: the fields of the type, no others."""
    return config.model_dump(mode="json", include=set(CONFIGS[question_type].model_fields))


def faults_of_config(question_type: QuestionType, config: QuestionConfig) -> Faults:
    """Empty when it is well-formed."""
    check = _CHECKS.get(question_type)
    return {f"config.{path}": message for path, message in check(config).items()} if check else {}


def repeated(values: Iterable[object]) -> list[int]:
    """Places of values that stood there before; None is no value."""
    seen: set[object] = set()
    places = []
    for place, value in enumerate(values):
        if value is not None and value in seen:
            places.append(place)
        elif value is not None:
            seen.add(value)
    return places


def _true_false(config: QuestionConfig) -> Faults:
    missing = config.correct_answer is None
    return {"correct_answer": "A true_false question needs it: true or false."} if missing else {}


def _short_answer(config: QuestionConfig) -> Faults:
    low, high = config.min_length, config.max_length
    return {"max_length": f"This must not be below min_length, {low}."} if high < low else {}


def _essay(config: QuestionConfig) -> Faults:
    low, high = config.min_words, config.max_words
    return {"max_words": f"This must not be below min_words, {low}."} if high is not None and high < low else {}


def _fill_blank(config: QuestionConfig) -> Faults:
    if not config.blanks:
        return {"blanks": "Give at least one blank."}
    faults = {f"blanks.{place}.id": "Another blank has this id." for place in repeated(b.id for b in config.blanks)}
    markers, ids = _MARKER.findall(config.text), {blank.id for blank in config.blanks}
    if len(markers) != len(set(markers)) or set(markers) != ids:
        faults["text"] = "The text must hold {{id}} exactly once for each blank, and for nothing else."
    if sum(len(blank.accepted) for blank in config.blanks if blank.match != "exact") > MOST_PATTERNS:
        return faults | {"blanks": f"A question takes at most {MOST_PATTERNS} patterns in all of its blanks."}
    for place, blank in enumerate(config.blanks):
        faults |= {f"blanks.{place}.{path}": message for path, message in _patterns(blank).items()}
    return faults


def _patterns(blank: Blank) -> Faults:
    if blank.match == "exact":
        return {}
    faults = {}
    for place, accepted in enumerate(blank.accepted):
        try:
            compile_pattern(accepted.text, blank.match, case_sensitive=blank.case_sensitive)
        except BadPattern as error:
            faults[f"accepted.{place}.text"] = f"This pattern cannot be used (RE2 syntax): {error}."
    return faults


def _matching(config: MatchingConfig) -> Faults:
    faults = {}
    for name, side in (("left", config.left), ("right", config.right)):
        if not side:
            faults[name] = "Give at least one item."
        faults |= {f"{name}.{place}.id": "Another item has this id." for place in repeated(one.id for one in side)}
    return faults or _pairs(config)


def _pairs(config: MatchingConfig) -> Faults:
    lefts, rights = {one.id for one in config.left}, {one.id for one in config.right}
    faults = {}
    for place, pair in enumerate(config.pairs):
        if pair.left_id not in lefts:
            faults[f"pairs.{place}.left_id"] = "There is no such item on the left."
        if pair.right_id not in rights:
            faults[f"pairs.{place}.right_id"] = "There is no such item on the right."
    if faults:
        return faults
    pairs = [(pair.left_id, pair.right_id) for pair in config.pairs]
    if fault := fault_of_pairs(pairs, one_to_one=config.mode == "one_to_one"):
        return {"pairs": fault}
    alone = lefts - {left for left, _ in pairs}
    return {"pairs": f"Every item on the left needs a pair; '{min(alone)}' has none."} if alone else {}


def fault_of_pairs(pairs: Sequence[tuple[str, str]], *, one_to_one: bool) -> str | None:
    """What is wrong with pairs, of a key or of an answer; None when nothing is."""
    if len(set(pairs)) != len(pairs):
        return "A pair is given twice."
    if one_to_one and (repeated(left for left, _ in pairs) or repeated(right for _, right in pairs)):
        return "In one_to_one each item is in one pair at most."
    return None


_CHECKS: dict[QuestionType, Callable[[QuestionConfig], Faults]] = {
    "true_false": _true_false,
    "short_answer": _short_answer,
    "essay": _essay,
    "fill_blank": _fill_blank,
    "matching": _matching,
}
