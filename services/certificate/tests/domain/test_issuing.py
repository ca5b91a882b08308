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
        ("fields", "owners_asked", "expected"),
        [
            ({}, False, "issued"),
            ({"required": (1,)}, False, "awaiting_assessments"),
            ({"required": (1,), "knows_learner": False}, False, "awaiting_assessments"),
            ({"required": (1,), "passed": (1,)}, False, "issued"),
            ({"has_certificate": None}, False, "pending"),
            ({"has_certificate": False}, False, "pending"),
            ({"knows_learner": False}, False, "pending"),
            ({"has_certificate": None}, True, "not_applicable"),
            ({"has_certificate": False}, True, "not_applicable"),
            ({"knows_learner": False}, True, "not_applicable"),
            ({"state": "awaiting_assessments", "has_certificate": False}, True, "issued"),
            ({"state": "awaiting_assessments", "knows_learner": False}, False, "awaiting_assessments"),
            ({"state": "issued", "has_certificate": False}, True, "issued"),
            ({"state": "not_applicable"}, False, "not_applicable"),
        ],
    )
    def test_follows_from_what_is_known(self, fields: dict[str, Any], owners_asked: bool, expected: str) -> None:
        assert next_state(standing(**fields), owners_asked=owners_asked) == expected

    @given(
        st.builds(
            Standing,
            state=st.sampled_from(OPEN_STATES),
            has_certificate=st.sampled_from([True, False, None]),
            knows_learner=st.booleans(),
            required=st.sets(st.integers(0, 3)),
            passed=st.sets(st.integers(0, 3)),
        ),
        st.booleans(),
    )
    def test_issues_only_what_may_be_issued_and_refuses_only_after_asking(
        self, standing: Standing, owners_asked: bool
    ) -> None:
        state = next_state(standing, owners_asked=owners_asked)
        if state == "issued":
            assert may_issue(standing)
            assert standing.knows_learner
            assert standing.has_certificate is not None
        if state == "not_applicable":
            assert owners_asked


class TestNextCheck:
    def test_comes_twice_as_late_each_time_up_to_a_limit(self) -> None:
        waits = [(next_check("awaiting_assessments", checks, now=NOW) or NOW) - NOW for checks in range(30)]
        assert waits[:4] == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 16)]
        assert waits[-1] == timedelta(days=1)

    def test_what_lacks_knowledge_is_looked_at_every_minute_at_least(self) -> None:
        assert next_check("pending", 10**6, now=NOW) == NOW + timedelta(minutes=1)

    def test_what_is_closed_is_not_looked_at(self) -> None:
        assert next_check("issued", 0, now=NOW) is None
