"""What answers are worth. All in Decimal: points are exact to two places, half up; a pass is judged unrounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from assessment.domain.paper import Item, Paper

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Grade:
    """`points` is below zero where a wrong answer is penalised; `is_correct` only if all of it is right."""

    points: Decimal
    is_correct: bool


def grade_item(paper: Paper, item: Item, chosen: frozenset[int]) -> Grade:
    """The grade of one question. Nothing chosen is unanswered, which is not wrong and costs nothing.

    Partial credit, for `multiple_select` only: `points × max(0, right − penalty_fraction × wrong) / parts`, where the
    parts are the correct answers. Else all or nothing, and a wrong answer costs `penalty_fraction` of the points.
    """
    if not chosen:
        return Grade(Decimal(0), is_correct=False)
    if chosen == item.correct_ids:
        return Grade(item.worth, is_correct=True)
    if paper.partial_credit and item.question_type == "multiple_select":
        right, wrong = len(chosen & item.correct_ids), len(chosen - item.correct_ids)
        earned = max(Decimal(0), right - paper.penalty_fraction * wrong)
        return Grade(to_cents(item.worth * earned / len(item.correct_ids)), is_correct=False)
    return Grade(to_cents(-item.worth * paper.penalty_fraction), is_correct=False)


def total(points: Iterable[Decimal]) -> Decimal:
    """The score of an attempt; penalties never take it below 0."""
    return max(Decimal(0), sum(points, Decimal(0)))


def is_passed(score: Decimal, max_score: Decimal, passing_score: int) -> bool:
    """Whether the percentage, unrounded, reaches `passing_score`."""
    return score * 100 >= passing_score * max_score


def percentage(score: Decimal, max_score: Decimal) -> Decimal:
    """0–100, to two places, for people."""
    return to_cents(score * 100 / max_score) if max_score else Decimal(0)


def to_cents(number: Decimal) -> Decimal:
    return number.quantize(CENT, ROUND_HALF_UP)
