"""What a course's approved reviews come to."""

from collections.abc import Mapping

from enrollment.models import Rating, ReviewStatus

STARS = (1, 2, 3, 4, 5)


def counted(status: ReviewStatus, rating: int) -> int | None:
    """The stars of a review that count: those of an approved one."""
    return rating if status == "approved" else None


def deltas(before: int | None, after: int | None) -> dict[int, int]:
    """By how much the number of reviews with so many stars changes; empty when nothing does."""
    if before == after:
        return {}
    changes = {} if before is None else {before: -1}
    return changes if after is None else changes | {after: 1}


def histogram_of(rating: Rating | None) -> dict[str, int]:
    """Number of approved reviews by stars; `"1"` to `"5"` are always there."""
    return {str(stars): 0 if rating is None else getattr(rating, f"star_{stars}") for stars in STARS}


def average_of(histogram: Mapping[str, int]) -> float:
    """Mean number of stars to two decimals, half up; 0 without reviews."""
    count = sum(histogram.values())
    total = sum(int(stars) * number for stars, number in histogram.items())
    return (200 * total + count) // (2 * count) / 100 if count else 0.0
