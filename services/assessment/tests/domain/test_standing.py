from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.domain.standing import Result, standing
from assessment.models import ScoringPolicy


def results(*scores: str, passing: int = 70) -> list[Result]:
    return [Result(number, Decimal(score), Decimal(10), passing) for number, score in enumerate(scores, 1)]


class TestStanding:
    @pytest.mark.parametrize(
        ("policy", "scores", "shown", "passed"),
        [
            ("highest", ("5", "8", "6"), "80.00", True),
            ("latest", ("5", "8", "6"), "60.00", False),
            ("first", ("5", "8", "6"), "50.00", False),
            ("average", ("5", "8", "6"), "63.33", False),
            ("average", ("6", "8"), "70.00", True),
            ("average", ("6", "7.99"), "69.95", False),
            ("highest", (), None, False),
            ("average", (), None, False),
        ],
    )
    def test_under_each_policy(self, policy: ScoringPolicy, scores: tuple[str, ...], shown: str, passed: bool) -> None:
        made = standing(policy, results(*scores))
        assert made.score_percentage == (Decimal(shown) if shown else None)
        assert made.passed is passed

    def test_the_order_is_that_of_the_attempt_numbers(self) -> None:
        assert standing("latest", reversed(results("5", "8"))).score_percentage == Decimal(80)

    def test_a_pass_stays_when_the_bar_is_raised_later(self) -> None:
        before, after = results("6", passing=50), [Result(2, Decimal(7), Decimal(10), 80)]
        assert standing("highest", before + after).passed

    def test_percentages_count_where_the_maximum_has_changed(self) -> None:
        assert standing(
            "highest", [Result(1, Decimal(9), Decimal(100), 70), Result(2, Decimal(4), Decimal(5), 70)]
        ).score_percentage == Decimal(80)

    @given(st.lists(st.decimals("0", "10", places=2).map(str), min_size=1, max_size=6))
    def test_the_highest_is_never_below_another_policy(self, scores: list[str]) -> None:
        best = standing("highest", results(*scores)).score_percentage
        assert best is not None
        policies: list[ScoringPolicy] = ["latest", "first", "average"]
        assert all(best >= (standing(policy, results(*scores)).score_percentage or 0) for policy in policies)
