from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificate.domain.issuing import Standing, may_issue, next_check, next_state
from certificate.models import OPEN_STATES

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def standing(**fields: Any) -> Standing:
    given: dict[str, Any] = {
        "state": "pending",
        "has_certificate": True,
        "knows_learner": True,
        "required": (),
        "passed": (),
    }
    return Standing(**given | fields)


class TestMayIssue:
    def test_a_course_without_required_assessments_needs_completion_only(self) -> None:
        assert may_issue(standing())

    def test_every_required_assessment_must_be_passed(self) -> None:
        assert not may_issue(standing(required=(1, 2), passed=(1,)))
        assert may_issue(standing(required=(1, 2), passed=(2, 1)))

    def test_assessments_that_are_passed_but_not_required_do_no_harm(self) -> None:
        assert may_issue(standing(required=(1,), passed=(1, 9)))

    @pytest.mark.parametrize("has_certificate", [False, None])
    def test_not_without_the_courses_promise(self, has_certificate: bool | None) -> None:
        assert not may_issue(standing(has_certificate=has_certificate))

    def test_a_promise_once_given_is_kept(self) -> None:
        assert may_issue(standing(state="awaiting_assessments", has_certificate=False))


class TestNextState:
    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({"is_confirmed": True}, "issued"),
            ({"required": (1,), "passed": (1,), "is_confirmed": True}, "issued"),
            ({"state": "awaiting_assessments", "has_certificate": False, "is_confirmed": True}, "issued"),
            ({}, "pending"),
            ({"state": "awaiting_assessments", "required": (1,), "passed": (1,)}, "awaiting_assessments"),
            ({"required": (1,)}, "awaiting_assessments"),
            ({"required": (1,), "is_confirmed": True}, "awaiting_assessments"),
            ({"required": (1,), "knows_learner": False}, "awaiting_assessments"),
            ({"has_certificate": None}, "not_applicable"),
            ({"has_certificate": False}, "not_applicable"),
            ({"has_certificate": False, "is_confirmed": True}, "not_applicable"),
            ({"knows_learner": False}, "not_applicable"),
            ({"state": "awaiting_assessments", "knows_learner": False}, "not_applicable"),
            ({"state": "issued", "has_certificate": False}, "issued"),
            ({"state": "not_applicable", "is_confirmed": True}, "not_applicable"),
        ],
    )
    def test_follows_from_what_is_known(self, fields: dict[str, Any], expected: str) -> None:
        assert next_state(standing(**fields)) == expected

    @given(
        st.builds(
            Standing,
            state=st.sampled_from(OPEN_STATES),
            has_certificate=st.sampled_from([True, False, None]),
            knows_learner=st.booleans(),
            required=st.sets(st.integers(0, 3)),
            passed=st.sets(st.integers(0, 3)),
            is_confirmed=st.booleans(),
        ),
    )
    def test_issues_only_what_assessment_confirmed_and_what_may_be_issued(self, standing: Standing) -> None:
        if next_state(standing) == "issued":
            assert standing.is_confirmed
            assert may_issue(standing)
            assert standing.knows_learner
            assert standing.has_certificate is not None


class TestNextCheck:
    def test_comes_twice_as_late_each_time_up_to_a_limit(self) -> None:
        waits = [next_check(checks, slowest=timedelta(days=1), now=NOW) - NOW for checks in range(30)]
        assert waits[:4] == [timedelta(seconds=seconds) for seconds in (0.5, 1, 2, 4)]
        assert waits[-1] == timedelta(days=1)

    def test_is_never_further_away_than_said(self) -> None:
        assert next_check(10**6, slowest=timedelta(minutes=1), now=NOW) == NOW + timedelta(minutes=1)
