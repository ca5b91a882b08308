from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.notifications.domain.digests import DigestCadence, last_digest
from gateway.notifications.domain.kinds import DEFAULTS, KINDS, Channels
from gateway.notifications.domain.texts import wording

DATA = {
    "title": "Final exam",
    "body": "Tonight.",
    "due_date": "2026-11-02T10:30:00Z",
    "certificate_number": "CERT-1-2-3",
    "rating": 4,
    "score_percentage": 87.5,
    "passed": True,
    "webhook_id": 3,
    "host": "example.com",
    "reason": "It answered 500.",
}


class TestLastDigest:
    @pytest.mark.parametrize(
        ("cadence", "now", "expected"),
        [
            ("daily", "2026-11-04T07:00", "2026-11-04T07:00"),
            ("daily", "2026-11-04T06:59", "2026-11-03T07:00"),
            ("daily", "2026-11-04T23:59", "2026-11-04T07:00"),
            ("weekly", "2026-11-02T07:00", "2026-11-02T07:00"),  # a Monday
            ("weekly", "2026-11-02T06:59", "2026-10-26T07:00"),
            ("weekly", "2026-11-08T23:59", "2026-11-02T07:00"),
        ],
    )
    def test_examples(self, cadence: DigestCadence, now: str, expected: str) -> None:
        moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
        assert last_digest(cadence, moment) == datetime.fromisoformat(expected).replace(tzinfo=UTC)

    @given(st.datetimes(timezones=st.just(UTC)).filter(lambda now: now.year > 1))
    def test_it_is_never_ahead_nor_older_than_its_period(self, now: datetime) -> None:
        assert timedelta(0) <= now - last_digest("daily", now) < timedelta(days=1)
        assert timedelta(0) <= now - last_digest("weekly", now) < timedelta(days=7)


class TestChannels:
    @pytest.mark.parametrize(
        ("channels", "mail", "silent"),
        [
            (Channels(True, True, "immediate"), "immediate", False),
            (Channels(True, False, "immediate"), "never", False),
            (Channels(False, True, "weekly"), "weekly", False),
            (Channels(False, True, "never"), "never", True),
            (Channels(False, False, "daily"), "never", True),
        ],
    )
    def test_no_mail_is_as_never(self, channels: Channels, mail: str, silent: bool) -> None:
        assert (channels.mail, channels.is_silent) == (mail, silent)

    def test_every_kind_has_defaults(self) -> None:
        assert set(DEFAULTS) == set(KINDS)
        assert not any(channels.is_silent for channels in DEFAULTS.values())


class TestWording:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("course", [None, "Sailing"])
    def test_every_kind_says_something(self, kind: str, course: str | None) -> None:
        said = wording(kind, DATA, course)
        assert said.title
        assert said.body.endswith((".", "?"))

    @pytest.mark.parametrize(
        ("passed", "body"),
        [
            (True, "You have 87.5 % in an assessment of “Sailing”, and passed."),
            (False, "You have 87.5 % in an assessment of “Sailing”, and did not pass."),
            (None, "You have 87.5 % in an assessment of “Sailing”."),
        ],
    )
    def test_a_result(self, passed: bool | None, body: str) -> None:
        assert wording("assessment_graded", {**DATA, "passed": passed}, "Sailing").body == body
