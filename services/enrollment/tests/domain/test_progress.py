"""What a change makes of progress in a lesson."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.domain.progress import LONGEST_GROWTH_S, LessonProgress, ProgressChange, apply_change
from shared.errors import Invalid

percentages = st.integers(0, 100)
presents = st.builds(
    lambda percentage, time, notes: LessonProgress(percentage == 100, percentage, time, notes),
    percentages | st.just(100),
    st.integers(0, 10_000_000),
    st.text(max_size=5),
)
changes = st.builds(
    ProgressChange,
    is_completed=st.none() | st.booleans(),
    progress_percentage=st.none() | percentages | st.just(100),
    notes=st.none() | st.text(max_size=5),
)


def present(percentage: int = 40, time: int = 100) -> LessonProgress:
    return LessonProgress(percentage == 100, percentage, time, "mine")


class TestCompletion:
    @pytest.mark.parametrize(
        ("before", "change", "after"),
        [
            (40, {"is_completed": True}, 100),
            (40, {"progress_percentage": 100}, 100),
            (40, {"progress_percentage": 70}, 70),
            (40, {"progress_percentage": 10}, 10),
            (40, {"is_completed": False}, 40),
            (40, {}, 40),
            # the whole row sent back with one field changed, and other contradictions
            (40, {"is_completed": True, "progress_percentage": 40}, 100),
            (40, {"is_completed": False, "progress_percentage": 100}, 100),
            (100, {"is_completed": False, "progress_percentage": 100}, 100),
            (100, {"is_completed": True, "progress_percentage": 60}, 100),
            (100, {"progress_percentage": 60}, 60),
            (100, {"is_completed": False, "progress_percentage": 60}, 60),
            (40, {"is_completed": True, "progress_percentage": 60}, 100),
            (100, {"is_completed": False}, 0),
        ],
    )
    def test_completed_and_a_hundred_imply_each_other(self, before: int, change: Any, after: int) -> None:
        result = apply_change(present(before), ProgressChange(**change), keeps_completion=False)
        assert (result.progress_percentage, result.is_completed) == (after, after == 100)

    @given(presents, changes, st.booleans())
    def test_they_never_disagree(self, before: LessonProgress, change: ProgressChange, keeps: bool) -> None:
        after = apply_change(before, change, keeps_completion=keeps)
        assert after.is_completed == (after.progress_percentage == 100)
        assert 0 <= after.progress_percentage <= 100

    @given(presents, changes)
    def test_a_lesson_done_stays_done_in_a_complete_enrollment(
        self, before: LessonProgress, change: ProgressChange
    ) -> None:
        assert apply_change(before, change, keeps_completion=True).is_completed >= before.is_completed

    @given(presents, st.booleans())
    def test_sending_the_row_back_unchanged_changes_nothing(self, before: LessonProgress, keeps: bool) -> None:
        same = ProgressChange(before.is_completed, before.progress_percentage, before.time_spent, before.notes)
        assert apply_change(before, same, keeps_completion=keeps) == before
        assert apply_change(before, ProgressChange(), keeps_completion=keeps) == before

    @given(presents, changes, st.booleans())
    def test_sending_a_change_twice_is_sending_it_once(
        self, before: LessonProgress, change: ProgressChange, keeps: bool
    ) -> None:
        once = apply_change(before, change, keeps_completion=keeps)
        assert apply_change(once, change, keeps_completion=keeps) == once


class TestTime:
    @pytest.mark.parametrize(("sent", "after"), [(None, 100), (0, 100), (99, 100), (100, 100), (101, 101)])
    def test_it_never_falls(self, sent: int | None, after: int) -> None:
        assert apply_change(present(), ProgressChange(time_spent=sent), keeps_completion=False).time_spent == after

    def test_it_grows_by_a_day_at_most(self) -> None:
        most = 100 + LONGEST_GROWTH_S
        assert apply_change(present(), ProgressChange(time_spent=most), keeps_completion=False).time_spent == most
        with pytest.raises(Invalid) as refused:
            apply_change(present(), ProgressChange(time_spent=most + 1), keeps_completion=False)
        assert list(refused.value.errors) == ["time_spent"]
        assert "86400" in str(refused.value)


class TestNotes:
    def test_they_are_kept_unless_sent(self) -> None:
        assert apply_change(present(), ProgressChange(), keeps_completion=False).notes == "mine"
        assert apply_change(present(), ProgressChange(notes=""), keeps_completion=False).notes == ""
