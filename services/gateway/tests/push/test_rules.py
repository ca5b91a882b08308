from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.push.domain.channels import Address, Channel, address_of
from gateway.push.domain.messages import milestone_at, of_staff_change
from gateway.push.domain.origins import is_own_origin
from gateway.push.domain.said import NotUnderstood, last_event_id, message_in


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/ws/course/7/user/5/", Address("course", 5, 7)),
        ("/ws/course/7/user/5", Address("course", 5, 7)),
        ("/ws/assessment/3/", Address("assessment", assessment_id=3)),
        ("/ws/notifications/5/", Address("notifications", 5)),
        ("/ws/instructor/9223372036854775807/", Address("instructor", 2**63 - 1)),
        ("/ws/instructor/9223372036854775808/", None),
        ("/ws/notifications/0/", None),
        ("/ws/notifications/٣/", None),
        ("/ws/notifications/5//", None),
        ("/ws/course/7/", None),
        ("/WS/notifications/5/", None),
        ("", None),
    ],
)
def test_addresses(path: str, address: Address | None) -> None:
    assert address_of(path) == address


@given(st.text())
def test_no_path_is_too_odd(path: str) -> None:
    address_of("/ws/" + path)


@given(st.text())
def test_nothing_said_is_too_odd(text: str) -> None:
    with suppress(NotUnderstood):
        assert isinstance(message_in(text)["type"], str)


@pytest.mark.parametrize(("value", "number"), [(5, 5), ("5", 5), (0, 0), ("0", 0), (2**63 - 1, 2**63 - 1)])
def test_ids_to_resume_after(value: object, number: int) -> None:
    assert last_event_id(value) == number


@pytest.mark.parametrize("value", [None, True, -1, 1.0, "", "-1", "1.0", "٣", 2**63, "9" * 30, [], {}])
def test_what_is_no_id(value: object) -> None:
    with pytest.raises(NotUnderstood):
        last_event_id(value)


@pytest.mark.parametrize(("percentage", "milestone"), [(0, 0), (24, 0), (25, 25), (74, 50), (99, 75), (100, 100)])
def test_milestones(percentage: int, milestone: int) -> None:
    assert milestone_at(percentage) == milestone


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        ("https://learn.example", "internal:8000", True),
        ("https://LEARN.example", None, True),
        ("https://other.example", "other.example", True),
        ("http://learn.example", "learn.example", False),
        ("https://evil.example", "learn.example", False),
        ("https://learn.example.evil.example", "learn.example", False),
        ("https://learn.example:444", "learn.example", False),
        ("null", "null", False),
        ("", "", False),
        ("https://[", "[", False),
        (None, "learn.example", False),
    ],
)
def test_origins(origin: str | None, host: str | None, is_own: bool) -> None:
    assert is_own_origin(origin, host, "https://learn.example") is is_own


class TestChannels:
    def test_a_course_has_its_own_and_its_persons_audiences(self) -> None:
        channel = Channel("course", 5, "student", course_id=7, learns_in={7})
        assert channel.audiences() == {"all", "user:5", "course:7"}
        assert channel.wants("progress_update", 7, None)
        assert not channel.wants("progress_update", 8, None)
        assert not channel.wants("notification", None, None)
        assert channel.wants("maintenance", None, None)

    def test_rights_that_change_move_it_or_close_it(self) -> None:
        notifications = Channel("notifications", 5, "student")
        notifications.change(7, learns=True)
        assert "course:7" in notifications.audiences()
        course = Channel("course", 5, "instructor", course_id=7, learns_in={7}, teaches={7})
        course.change(7, learns=False)
        assert course.is_allowed()
        course.change(7, teaches=False)
        assert not course.is_allowed()

    def test_only_staff_hear_of_everyones_attempts(self) -> None:
        learner = Channel("assessment", 5, "student", course_id=7, assessment_id=3, learns_in={7})
        teacher = Channel("assessment", 6, "instructor", course_id=7, assessment_id=3, teaches={7})
        assert "staff:7" not in learner.audiences()
        assert "staff:7" in teacher.audiences()
        assert not teacher.wants("assessment_graded", 7, 4)

    def test_an_instructors_has_nothing_of_what_they_learn(self) -> None:
        channel = Channel("instructor", 5, "instructor", learns_in={8}, teaches={7})
        assert channel.audiences() == {"all", "course:7", "staff:7"}

    def test_staff_that_come_and_go_are_told(self) -> None:
        changes = of_staff_change(7, {1, 2}, {2, 3})
        assert [(one.audience, one.data) for one in changes] == [
            ("user:1", {"course_id": 7, "teaches": False}),
            ("user:3", {"course_id": 7, "teaches": True}),
        ]
