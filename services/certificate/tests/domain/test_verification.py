from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from certificate.domain.verification import Checks, reason_against, status_at

NOW = datetime(2026, 3, 1, tzinfo=UTC)
GOOD = Checks(hash=True, signature=True, revocation=True, log=True)


class TestStatus:
    def test_an_active_certificate_expires_by_the_clock(self) -> None:
        assert status_at("active", NOW + timedelta(seconds=1), now=NOW) == "active"
        assert status_at("active", NOW, now=NOW) == "expired"
        assert status_at("active", None, now=NOW) == "active"

    def test_a_revoked_one_stays_revoked(self) -> None:
        assert status_at("revoked", NOW, now=NOW) == "revoked"


class TestReason:
    def test_none_against_a_good_one(self) -> None:
        assert reason_against(GOOD, "active", "") is None

    @pytest.mark.parametrize(
        "checks",
        [
            Checks(hash=False, signature=True, revocation=True, log=True),
            Checks(hash=True, signature=False, revocation=True, log=True),
        ],
    )
    def test_one_failed_check_is_enough(self, checks: Checks) -> None:
        assert reason_against(checks, "active", "") == "What the certificate says is not what was signed."

    def test_a_revocation_is_told_with_its_reason(self) -> None:
        revoked = Checks(hash=True, signature=True, revocation=False, log=True)
        assert reason_against(revoked, "revoked", "Copied work.") == "The certificate was revoked: Copied work."
        assert reason_against(revoked, "revoked", "") == "The certificate was revoked."

    def test_forgery_is_told_before_all_else(self) -> None:
        forged = Checks(hash=False, signature=False, revocation=False, log=True)
        assert reason_against(forged, "revoked", "Copied.") == "What the certificate says is not what was signed."

    def test_a_log_that_says_otherwise_is_enough(self) -> None:
        assert "log" in (reason_against(replace(GOOD, log=False), "active", "") or "")

    def test_a_log_that_does_not_know_it_yet_is_not_held_against_it(self) -> None:
        assert reason_against(replace(GOOD, log=None), "active", "") is None

    def test_expired_and_superseded_do_not_hold(self) -> None:
        assert "expired" in (reason_against(GOOD, "expired", "") or "")
        assert "newer" in (reason_against(GOOD, "superseded", "") or "")
