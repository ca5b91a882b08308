"""Rules of activity and its figures."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from enrollment.domain.activity import Act, acts_in_lesson, is_new_visit, merged
from enrollment.domain.analytics import streak
from enrollment.domain.progress import LessonProgress

DAY = date(2026, 5, 20)


def ago(*days: int) -> list[date]:
    return [DAY - timedelta(days=number) for number in days]


class TestStreak:
    @pytest.mark.parametrize(
        ("worked", "length"),
        [
            ([], 0), ([0], 1), ([1], 1), ([2], 0), ([0, 1, 2], 3), ([1, 2, 3], 3), ([0, 2, 3], 1), ([1, 1, 2], 2),
            ([-1], 0),
        ],
    )  # fmt: skip
    def test_days_in_a_row_up_to_today_or_yesterday(self, worked: list[int], length: int) -> None:
        assert streak(ago(*worked), today=DAY) == length


class TestVisits:
    @pytest.mark.parametrize(("minutes", "is_new"), [(0, False), (29, False), (30, True), (1000, True)])
    def test_one_begins_after_half_an_hour(self, minutes: int, is_new: bool) -> None:
        now = datetime(2026, 5, 20, tzinfo=UTC)
        assert is_new_visit(now - timedelta(minutes=minutes), now) is is_new


class TestActs:
    def test_a_first_visit_that_finishes_a_lesson(self) -> None:
        before, after = LessonProgress(False, 0, 0, ""), LessonProgress(True, 100, 90, "")
        acts = acts_in_lesson(7, 5, 11, before, after, is_first=True, is_visit=True)
        assert [(act.kind, act.lesson_id, act.count, act.seconds) for act in acts] == [
            ("visited", 0, 1, 0), ("started", 11, 1, 0), ("worked", 11, 1, 90), ("finished", 11, 1, 0),
        ]  # fmt: skip

    def test_taking_a_lesson_back_counts_down(self) -> None:
        before, after = LessonProgress(True, 100, 90, ""), LessonProgress(False, 0, 90, "")
        acts = acts_in_lesson(7, 5, 11, before, after, is_first=False, is_visit=False)
        assert [(act.kind, act.count) for act in acts] == [("worked", 1), ("finished", -1)]


KINDS = some.sampled_from(("worked", "visited"))
ACTS = some.builds(
    Act, some.integers(1, 3), some.integers(1, 2), KINDS, some.integers(0, 2), some.integers(-1, 3),
    some.integers(0, 9), some.integers(0, 9),
)  # fmt: skip


class TestMerged:
    @given(some.lists(ACTS))
    def test_each_place_once_and_nothing_lost(self, acts: list[Act]) -> None:
        found = merged(acts)
        places = [(act.user_id, act.course_id, act.lesson_id, act.kind) for act in found]
        assert places == sorted(set(places))
        for name in ("count", "seconds", "score"):
            assert sum(getattr(act, name) for act in found) == sum(getattr(act, name) for act in acts)
