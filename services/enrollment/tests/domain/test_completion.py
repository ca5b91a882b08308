"""How far an enrollment is, and what its status becomes."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrollment.domain.completion import (
    EnrollmentRequired,
    check_can_be_managed,
    check_can_learn,
    check_can_unenroll,
    is_due,
    percentage_of,
    status_taken_up,
)
from enrollment.models import Enrollment
from shared.errors import Invalid, PermissionDenied

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def enrollment(status: Any = "active", done: int = 1, total: int = 3, ended: datetime | None = None) -> Enrollment:
    return Enrollment(status=status, completed_lessons=done, total_lessons=total, completion_date=ended)


class TestPercentage:
    @given(st.integers(1, 10_000), st.data())
    def test_a_hundred_only_when_all_is_done(self, total: int, data: st.DataObject) -> None:
        done = data.draw(st.integers(0, total))
        share = percentage_of(enrollment(done=done, total=total), None)
        assert (share == 100) == (done == total)
        assert share <= done * 100 / total < share + 1

    def test_a_course_without_lessons_is_at_nothing(self) -> None:
        assert percentage_of(enrollment(done=0, total=0), None) == 0

    def test_a_complete_enrollment_stays_at_a_hundred(self) -> None:
        assert percentage_of(enrollment("completed", 3, 4, NOW), None) == 100
        assert percentage_of(enrollment(done=3, total=4), None) == 75


class TestIsDue:
    @pytest.mark.parametrize(
        ("row", "expected"),
        [
            (enrollment(done=3), True),
            (enrollment(done=2), False),
            (enrollment(done=0, total=0), False),
            (enrollment("suspended", done=3), False),
            (enrollment("unenrolled", done=3), False),
            (enrollment("completed", 3, 3, NOW), False),
            (enrollment("active", 3, 3, NOW), False),
        ],
    )
    def test_only_an_active_one_that_never_was_complete(self, row: Enrollment, expected: bool) -> None:
        assert is_due(row, None) is expected


class TestStatus:
    def test_what_was_complete_comes_back_complete(self) -> None:
        assert status_taken_up(enrollment("unenrolled")) == "active"
        assert status_taken_up(enrollment("suspended", ended=NOW)) == "completed"

    def test_who_may_write_progress(self) -> None:
        check_can_learn(enrollment("active"))
        check_can_learn(enrollment("completed", ended=NOW))
        with pytest.raises(PermissionDenied):
            check_can_learn(enrollment("suspended"))
        for status in ("unenrolled", "dropped"):
            with pytest.raises(EnrollmentRequired):
                check_can_learn(enrollment(status))

    def test_a_suspension_cannot_be_left(self) -> None:
        check_can_unenroll(enrollment("active"))
        with pytest.raises(PermissionDenied):
            check_can_unenroll(enrollment("suspended"))

    def test_what_was_given_up_cannot_be_suspended(self) -> None:
        check_can_be_managed(enrollment("active"))
        with pytest.raises(Invalid):
            check_can_be_managed(enrollment("unenrolled"))
