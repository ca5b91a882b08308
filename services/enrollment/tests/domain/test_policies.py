"""How a course measures progress."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.domain.completion import is_due, percentage_of
from enrollment.domain.policies import (
    Part,
    default_policy,
    is_done,
    is_open,
    is_plain,
    parts_of,
    percentage,
    points_of,
    timely_seconds,
)
from enrollment.models import WEIGHT_UNIT, Enrollment, Lesson, ProgressPolicy

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def policy(**changes: Any) -> ProgressPolicy:
    made = default_policy(5)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def standing(
    lessons: tuple[int, int] = (0, 0),
    time: tuple[int, int] = (0, 0),
    assessments: tuple[int, int] = (0, 0),
    **more: Any,
) -> Enrollment:
    return Enrollment(
        status="active",
        completed_lessons=lessons[0],
        total_lessons=lessons[1],
        lesson_points=lessons[0] * WEIGHT_UNIT,
        lesson_points_total=lessons[1] * WEIGHT_UNIT,
        timely_seconds=time[0],
        expected_seconds=time[1],
        assessments_passed=assessments[0],
        assessments_required=assessments[1],
        **more,
    )


ALL = standing(lessons=(1, 2), time=(300, 400), assessments=(0, 1))


class TestPercentage:
    @pytest.mark.parametrize(
        ("method", "row", "expected"),
        [
            ("lessons", ALL, 50),
            ("time", ALL, 75),
            ("assessments", ALL, 0),
            ("weighted", ALL, 41),  # (1/2 + 3/4 + 0) / 3
            ("weighted", standing(lessons=(1, 2), time=(300, 400)), 62),
            ("weighted", standing(lessons=(2, 2), assessments=(1, 3)), 66),
            ("time", standing(lessons=(1, 4)), 25),
            ("assessments", standing(lessons=(3, 4)), 75),
            ("time", standing(), 0),
            ("weighted", standing(), 0),
        ],
    )
    def test_of_each_method(self, method: Any, row: Enrollment, expected: int) -> None:
        assert percentage_of(row, policy(method=method)) == expected

    def test_weights_are_shared_out_over_what_there_is(self) -> None:
        only_assessments = policy(method="weighted", lesson_weight=0, time_weight=0)
        assert percentage_of(ALL, only_assessments) == 0
        assert percentage_of(standing(lessons=(1, 2), time=(1, 9)), only_assessments) == 50
        heavy = policy(method="weighted", lesson_weight=3 * WEIGHT_UNIT, assessment_weight=0)
        assert percentage_of(ALL, heavy) == 56  # (3 * 1/2 + 3/4) / 4

    def test_complete_is_for_good(self) -> None:
        assert percentage_of(standing(lessons=(1, 9), completion_date=NOW), policy(method="time")) == 100

    @given(
        st.lists(
            st.tuples(st.integers(1, 10**7), st.integers(1, 10**9)).flatmap(
                lambda both: st.builds(Part, st.just(both[0]), st.integers(0, both[1]), st.just(both[1]))
            ),
            max_size=3,
        )
    )
    def test_exact_and_floored(self, parts: list[Part]) -> None:
        share = percentage(parts)
        assert 0 <= share <= 100
        assert (share == 100) == is_done(parts)
        if parts:
            exact = sum(Fraction(part.weight, sum(p.weight for p in parts)) * part.done / part.total for part in parts)
            assert share <= 100 * exact < share + 1


class TestParts:
    def test_a_course_without_a_policy_counts_lessons(self) -> None:
        assert is_plain(None)
        assert is_plain(policy())
        assert not is_plain(policy(type_weights={"video": 1}))
        assert parts_of(None, ALL) == [Part(1, 1, 2)]

    def test_due_when_all_that_is_measured_is_done(self) -> None:
        done = standing(lessons=(1, 2), time=(400, 400), assessments=(1, 1))
        assert [is_due(done, policy(method=method)) for method in ("lessons", "time", "assessments", "weighted")] == [
            False, True, True, False,
        ]  # fmt: skip
        assert not is_due(standing(), policy(method="time"))

    def test_what_a_lesson_counts_for(self) -> None:
        weights = policy(type_weights={"lab_exercise": 20_000})
        lab, video = Lesson(type="lab_exercise", duration_minutes=2), Lesson(type="video", duration_minutes=None)
        assert (points_of(weights, lab), points_of(weights, video)) == (20_000, WEIGHT_UNIT)
        assert [timely_seconds(spent, lab) for spent in (0, 119, 120, 9_999)] == [0, 119, 120, 120]
        assert timely_seconds(500, video) == 0


class TestOrder:
    @pytest.mark.parametrize(
        ("sequential", "is_completed", "ended", "expected"),
        [(False, False, None, True), (True, False, None, False), (True, True, None, True), (True, False, NOW, True)],
    )
    def test_table(self, sequential: bool, is_completed: bool, ended: Any, expected: bool) -> None:
        row = Enrollment(completion_date=ended)
        assert is_open(policy(sequential=sequential), row, is_completed=is_completed) is expected
        assert is_open(None, row, is_completed=False)
