"""What publication needs, how complete a course is, and what it costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from catalog.domain.pricing import current_price
from catalog.domain.publication import Substance, completion_percentage, completion_status, missing_for_publication

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("course", "missing", "percentage"),
    [
        (Substance("", 0, 0, 0), ["description", "learning_objectives", "lessons", "modules"], 0),
        (Substance("d" * 50, 0, 0, 0), ["learning_objectives", "lessons", "modules"], 25),
        (Substance(" " * 50, 1, 1, 0), ["description", "lessons"], 50),
        (Substance("d" * 50, 1, 1, 0), ["lessons"], 75),
        (Substance("d" * 50, 1, 1, 1), [], 100),
    ],
)
def test_what_is_missing(course: Substance, missing: list[str], percentage: int) -> None:
    assert sorted(missing_for_publication(course)) == missing
    assert completion_percentage(course) == percentage


def test_the_status_follows() -> None:
    assert [completion_status(n, is_published=False) for n in (0, 25, 75, 100)] == [
        "not_started",
        "partially_complete",
        "partially_complete",
        "complete",
    ]
    assert completion_status(50, is_published=True) == "published"


@pytest.mark.parametrize(
    ("discount", "ends", "price"),
    [
        (None, None, "100"),
        (None, NOW + timedelta(1), "100"),
        ("40", None, "40"),
        ("0", None, "0"),
        ("40", NOW + timedelta(seconds=1), "40"),
        ("40", NOW, "100"),
        ("40", NOW - timedelta(1), "100"),
    ],
)
def test_the_price_of_the_moment(discount: str | None, ends: datetime | None, price: str) -> None:
    given = Decimal(discount) if discount is not None else None
    assert current_price(Decimal(100), given, ends, now=NOW) == Decimal(price)
