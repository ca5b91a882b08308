from datetime import UTC, datetime, timedelta

import pytest

from certificate.domain.standing import check_may_reissue, check_may_revoke, reissue_time
from certificate.models import CertificateStatus
from shared.errors import Invalid

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("status", ["active", "expired"])
def test_what_holds_or_held_may_be_revoked(status: CertificateStatus) -> None:
    check_may_revoke(status)


def test_what_was_superseded_may_not_be_revoked() -> None:
    with pytest.raises(Invalid):
        check_may_revoke("superseded")


def test_what_is_in_force_may_be_reissued() -> None:
    check_may_reissue("active")


@pytest.mark.parametrize("status", ["revoked", "expired", "superseded"])
def test_nothing_else_may_be_reissued(status: CertificateStatus) -> None:
    with pytest.raises(Invalid):
        check_may_reissue(status)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=5)])
def test_a_reissue_is_later_than_the_issue_even_if_the_clock_is_not(ahead: timedelta) -> None:
    assert reissue_time(NOW + ahead, now=NOW) == NOW + ahead + timedelta(milliseconds=1)
    assert reissue_time(NOW - timedelta(days=1), now=NOW) == NOW
