"""What a learner has reached in an assessment, over all graded attempts, under its scoring policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from assessment.domain.scoring import is_passed, to_cents
from assessment.models import ScoringPolicy


@dataclass(frozen=True)
class Result:
    """A graded attempt. `passing_score` is what it was when the attempt started."""

    attempt_number: int
    score: Decimal
    max_score: Decimal
    passing_score: int

    @property
    def percentage(self) -> Fraction:
        return Fraction(self.score) * 100 / Fraction(self.max_score)

    @property
    def passed(self) -> bool:
        return is_passed(self.score, self.max_score, self.passing_score)


@dataclass(frozen=True)
class Standing:
    """`score_percentage` to two places; None while nothing is graded."""

    score_percentage: Decimal | None
    passed: bool


def standing(policy: ScoringPolicy, results: Iterable[Result]) -> Standing:
    """The standing that the policy makes of the results.

    `highest`: a pass once earned stays. `average`: the mean of the percentages against the mean of what was asked for.
    """
    ordered = sorted(results, key=lambda result: result.attempt_number)
    if not ordered:
        return Standing(None, passed=False)
    if policy == "highest":
        best = max(result.percentage for result in ordered)
        return Standing(_shown(best), any(result.passed for result in ordered))
    if policy == "average":
        mean = sum((result.percentage for result in ordered), Fraction(0)) / len(ordered)
        asked = Fraction(sum(result.passing_score for result in ordered), len(ordered))
        return Standing(_shown(mean), mean >= asked)
    one = ordered[0] if policy == "first" else ordered[-1]
    return Standing(_shown(one.percentage), one.passed)


def _shown(percentage: Fraction) -> Decimal:
    return to_cents(Decimal(percentage.numerator) / Decimal(percentage.denominator))
