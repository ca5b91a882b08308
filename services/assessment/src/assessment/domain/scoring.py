"""What answers are worth. All in Decimal: points are exact to two places, half up; a pass is judged unrounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from assessment.domain.given import Given
from assessment.domain.paper import Item, Paper
from assessment.domain.texts import has_keyword, is_match, normalise
from assessment.schemas.configs import Blank, FillBlankConfig, MatchingConfig, ShortAnswerConfig

CENT = Decimal("0.01")
NOTHING, ALL = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class Grade:
    """`points` is below zero where a wrong answer is penalised; `is_correct` only if all of it is right."""

    points: Decimal
    is_correct: bool


@dataclass(frozen=True)
class Credit:
    """How much of an answer is right. `right` counts parts, in fractions where the teacher gave fractions.

    `is_whole`: no part is missing or wrong. `splits`: partial credit counts parts of this type of question.
    """

    right: Decimal
    wrong: int
    parts: int
    is_whole: bool
    splits: bool


def grade_item(paper: Paper, item: Item, given: Given) -> Grade | None:
    """The grade of one question; None where a person must give it. Unanswered is not wrong and costs nothing.

    With partial credit: `points × max(0, right − penalty_fraction × wrong) / parts`. Else all or nothing, and a wrong
    answer costs `penalty_fraction` of the points. Fractions that a teacher gave to keywords or to accepted texts count
    in either case: partial credit is about parts that are missing or wrong.
    """
    if given.is_empty:
        return Grade(NOTHING, is_correct=False)
    if item.is_graded_by_hand:
        return None
    credit = credit_of(item, given)
    if not (credit.is_whole or (paper.partial_credit and credit.splits)):
        return Grade(to_cents(-item.worth * paper.penalty_fraction), is_correct=False)
    earned = max(NOTHING, credit.right - paper.penalty_fraction * credit.wrong)
    return Grade(to_cents(item.worth * earned / credit.parts), is_correct=credit.is_whole and earned == credit.parts)


def credit_of(item: Item, given: Given) -> Credit:
    """How much is right of an answer that a machine grades."""
    match item.question_type:
        case "short_answer":
            return _credit_of_keywords(ShortAnswerConfig.model_validate(item.config), given.text)
        case "fill_blank":
            return _credit_of_blanks(FillBlankConfig.model_validate(item.config), given)
        case "matching":
            key = MatchingConfig.model_validate(item.config).pairs
            return _credit_of_set(frozenset((pair.left_id, pair.right_id) for pair in key), given.pairs, splits=True)
        case _:
            return _credit_of_set(item.correct_ids, given.chosen, splits=item.question_type == "multiple_select")


def _credit_of_set(key: frozenset[object], given: frozenset[object], *, splits: bool) -> Credit:
    right = len(key & given)
    return Credit(Decimal(right), len(given - key), len(key), is_whole=given == key, splits=splits)


def _credit_of_keywords(config: ShortAnswerConfig, text: str) -> Credit:
    found = (
        keyword.fraction
        for keyword in config.keywords
        if has_keyword(text, keyword.text, case_sensitive=config.case_sensitive)
    )
    share = min(ALL, sum(found, NOTHING))
    return Credit(share, wrong=0 if share else 1, parts=1, is_whole=share > 0, splits=False)


def _credit_of_blanks(config: FillBlankConfig, given: Given) -> Credit:
    shares = [_share_of_blank(blank, given.blanks.get(blank.id, "")) for blank in config.blanks]
    right = sum((share for share in shares if share is not None), NOTHING)
    return Credit(right, shares.count(NOTHING), len(shares), is_whole=all(shares), splits=True)


def _share_of_blank(blank: Blank, text: str) -> Decimal | None:
    """The most that any accepted text gives; None when the blank was left empty."""
    if not normalise(text):
        return None
    shares = (
        accepted.fraction
        for accepted in blank.accepted
        if is_match(text, accepted.text, blank.match, case_sensitive=blank.case_sensitive)
    )
    return max(shares, default=NOTHING)


def total(points: Iterable[Decimal]) -> Decimal:
    """The score of an attempt; penalties never take it below 0."""
    return max(NOTHING, sum(points, NOTHING))


def is_passed(score: Decimal, max_score: Decimal, passing_score: int) -> bool:
    """Whether the percentage, unrounded, reaches `passing_score`."""
    return score * 100 >= passing_score * max_score


def percentage(score: Decimal, max_score: Decimal) -> Decimal:
    """0–100, to two places, for people."""
    return to_cents(score * 100 / max_score) if max_score else NOTHING


def to_cents(number: Decimal) -> Decimal:
    return number.quantize(CENT, ROUND_HALF_UP)
