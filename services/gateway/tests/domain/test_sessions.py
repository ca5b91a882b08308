from datetime import UTC, datetime, timedelta

import pytest

from gateway.identity.cookies import session_in
from gateway.identity.domain.sessions import LIFETIME, is_to_be_prolonged
from gateway.identity.secret import csrf_of, digest_of, is_csrf_of, is_secret, new_secret

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ONE, OTHER = "a" * 43, "b" * 43


class TestProlonging:
    @pytest.mark.parametrize(
        ("used_ago", "prolonged"),
        [
            (timedelta(0), False),
            (timedelta(days=1), False),
            (timedelta(days=1, microseconds=1), True),
            (timedelta(days=14), True),
        ],
    )
    def test_is_once_a_day(self, used_ago: timedelta, prolonged: bool) -> None:
        assert is_to_be_prolonged(NOW - used_ago + LIFETIME, now=NOW) is prolonged


class TestSecrets:
    def test_have_the_form_of_one_and_never_repeat(self) -> None:
        assert is_secret(new_secret())
        assert new_secret() != new_secret()

    def test_what_is_stored_or_readable_does_not_show_the_session(self) -> None:
        secret = new_secret()
        assert secret not in csrf_of(secret)
        assert csrf_of(secret) != digest_of(secret).hex()

    @pytest.mark.parametrize(
        "sent", [None, b"", b"\xff", csrf_of(OTHER).encode(), ONE.encode(), csrf_of(ONE)[1:].encode()]
    )
    def test_no_other_csrf_token_fits(self, sent: bytes | None) -> None:
        assert not is_csrf_of(ONE, sent)
        assert is_csrf_of(ONE, csrf_of(ONE).encode())


class TestCookies:
    @pytest.mark.parametrize(
        ("sent", "found"),
        [
            ([f"sessionid={ONE}"], ONE),
            ([f"a=b; sessionid={ONE};c=d"], ONE),
            (["a=b", f"sessionid={ONE}"], ONE),
            ([f"sessionid={ONE}; sessionid={OTHER}"], ONE),
            ([], None),
            ([""], None),
            (["sessionid"], None),
            (["sessionid="], None),
            ([f"xsessionid={ONE}"], None),
            ([f'sessionid="{ONE}"'], None),
            ([f"sessionid={ONE}x"], None),
            ([f"sessionid={ONE[1:]}é"], None),
            (["sessionid=" + "a" * 5000], None),
            ([";;==;sessionid"], None),
        ],
    )
    def test_are_read_as_browsers_send_them(self, sent: list[str], found: str | None) -> None:
        assert session_in([(b"accept", b"*/*"), *((b"cookie", line.encode("latin-1")) for line in sent)]) == found
