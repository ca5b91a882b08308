"""When the public sees a review, and what reviews come to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.domain.ratings import average_of, counted, deltas, histogram_of
from enrollment.domain.reviews import can_see, status_after_edit, status_when_written
from enrollment.models import Course, Rating, Review
from shared.testing import user

TEACHER, ADMINISTRATOR, AUTHOR, OTHER = user(500, "instructor"), user(1, "administrator"), user(7), user(8)


class TestStatus:
    @pytest.mark.parametrize(
        ("is_premoderated", "was_rejected", "expected"),
        [(False, False, "approved"), (True, False, "pending"), (False, True, "pending"), (True, True, "pending")],
    )
    def test_when_written(self, is_premoderated: bool, was_rejected: bool, expected: str) -> None:
        assert status_when_written(is_premoderated=is_premoderated, was_rejected=was_rejected) == expected

    @pytest.mark.parametrize(
        ("status", "is_premoderated", "expected"),
        [
            ("approved", False, "approved"),
            ("approved", True, "pending"),
            ("rejected", False, "pending"),
            ("rejected", True, "pending"),
            ("pending", False, "pending"),
        ],
    )
    def test_after_an_edit(self, status: Any, is_premoderated: bool, expected: str) -> None:
        assert status_after_edit(status, is_premoderated=is_premoderated) == expected


class TestCanSee:
    @pytest.mark.parametrize(
        ("caller", "status", "course", "is_enrolled", "expected"),
        [
            (None, "approved", {}, False, True),
            (None, "pending", {}, False, False),
            (None, "approved", {"is_published": False}, False, False),
            (OTHER, "rejected", {}, True, False),
            (OTHER, "approved", {"is_published": False}, True, True),
            (OTHER, "approved", {"is_published": False}, False, False),
            (OTHER, "approved", {"is_deleted": True}, True, False),
            (AUTHOR, "rejected", {}, False, True),
            (AUTHOR, "approved", {"is_deleted": True}, True, True),
            (TEACHER, "rejected", {"is_published": False}, False, True),
            (ADMINISTRATOR, "pending", {}, False, True),
            (ADMINISTRATOR, "pending", {"is_deleted": True}, False, False),
            (user(501, "instructor"), "pending", {}, False, False),
        ],
    )
    def test_table(self, caller: Any, status: Any, course: Any, is_enrolled: bool, expected: bool) -> None:
        fields = {"is_draft": False, "is_published": True, "is_deleted": False, "staff": [{"user_id": 500}]}
        review = Review(user_id=AUTHOR.user_id, status=status)
        assert can_see(review, Course(**fields | course), caller, is_enrolled=is_enrolled) is expected


class TestRating:
    @given(st.lists(st.tuples(st.sampled_from(["approved", "pending"]), st.integers(1, 5)), max_size=30))
    def test_deltas_of_one_review_come_to_its_last_state(self, states: list[Any]) -> None:
        histogram = dict.fromkeys(range(1, 6), 0)
        before = None
        for status, stars in states:
            after = counted(status, stars)
            for changed, by in deltas(before, after).items():
                histogram[changed] += by
            before = after
        assert histogram == dict.fromkeys(range(1, 6), 0) | ({before: 1} if before else {})

    @pytest.mark.parametrize(
        ("stars", "expected"),
        [((0, 0, 0, 0, 0), 0.0), ((1, 0, 0, 0, 2), 3.67), ((0, 0, 0, 0, 9), 5.0), ((1, 1, 0, 0, 0), 1.5)],
    )
    def test_average(self, stars: tuple[int, ...], expected: float) -> None:
        rating = Rating(**{f"star_{number}": count for number, count in enumerate(stars, start=1)})
        assert average_of(histogram_of(rating)) == expected

    def test_no_review_yet(self) -> None:
        assert histogram_of(None) == {"1": 0, "2": 0, "3": 0, "4": 0, "5": 0}
