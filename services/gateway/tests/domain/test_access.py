from datetime import UTC, datetime, timedelta

from gateway.identity.domain.access import is_premium

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


class TestPremium:
    def test_without_an_end_it_lasts(self) -> None:
        assert is_premium("premium", None, now=NOW)

    def test_it_ends_at_the_very_moment(self) -> None:
        assert is_premium("premium", NOW + timedelta(microseconds=1), now=NOW)
        assert not is_premium("premium", NOW, now=NOW)

    def test_free_is_never_premium(self) -> None:
        assert not is_premium("free", None, now=NOW)
