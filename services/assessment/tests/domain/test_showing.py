import pytest

from assessment.domain.showing import may_tell
from assessment.models import AttemptStatus, FeedbackMode


class TestMayTell:
    @pytest.mark.parametrize(
        ("status", "at_start", "now", "told"),
        [
            ("in_progress", "immediate", "immediate", True),
            ("in_progress", "after_completion", "after_completion", False),
            ("in_progress", "after_completion", "immediate", False),  # changed while under way: answers are not final
            ("in_progress", "never", "never", False),
            ("graded", "immediate", "immediate", True),
            ("graded", "after_completion", "after_completion", True),
            ("graded", "never", "never", False),
            ("graded", "after_completion", "never", False),
            ("graded", "never", "after_completion", True),
        ],
    )
    def test_the_key(self, status: AttemptStatus, at_start: FeedbackMode, now: FeedbackMode, told: bool) -> None:
        assert may_tell(status, at_start=at_start, now=now) is told
