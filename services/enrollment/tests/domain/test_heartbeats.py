"""How much time heartbeats tell."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.domain.heartbeats import LONGEST_S, count_beat

START = datetime(2026, 11, 22, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class TestCountBeat:
    @pytest.mark.parametrize(
        ("last", "lesson", "learner", "state", "now", "expected"),
        [
            (None, None, 0, "active", 30, (0, 30)),
            ("active", 0, 0, "active", 30, (30, 30)),
            ("active", 0, 0, "active", 30.9, (30, 30)),
            ("active", 0, 0, "active", 59.9, (59, 59)),
            ("active", 0, 0, "active", 60, (60, 60)),
            ("active", 0, 0, "active", 9_000, (60, 9_000)),
            ("active", 0, 20, "active", 30, (10, 30)),
            ("active", 0, 30, "active", 30, (0, 30)),
            ("active", 30, 0, "active", 29, (0, 30)),
            ("active", 0, 0, "paused", 30, (0, 30)),
            ("active", 0, 0, "idle", 30, (0, 30)),
            ("paused", 0, 0, "active", 30, (0, 30)),
            ("idle", 0, 0, "active", 30, (0, 30)),
        ],
    )
    def test_table(
        self, last: Any, lesson: float | None, learner: float, state: Any, now: float, expected: tuple[int, float]
    ) -> None:
        until = None if lesson is None else after(lesson)
        assert count_beat(last, until, after(learner), state, after(now)) == (expected[0], after(expected[1]))

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 2), st.sampled_from(["active", "active", "paused", "idle"]), st.floats(0, 100, width=32)
            ),
            max_size=60,
        )
    )
    def test_never_more_than_the_clock_in_all_tabs_together(self, beats: list[tuple[int, Any, float]]) -> None:
        lessons: dict[int, tuple[Any, datetime | None]] = {}
        learner, now, total, first = None, START, 0, START
        for lesson, state, pause in beats:
            now += timedelta(seconds=pause)
            learner = learner or now
            added, until = count_beat(*lessons.get(lesson, (None, None)), learner, state, now)
            lessons[lesson] = (state, until)
            if added:
                learner = until
            assert 0 <= added <= LONGEST_S
            total += added
        assert total <= (now - first).total_seconds()
