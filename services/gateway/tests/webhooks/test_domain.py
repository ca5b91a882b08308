import base64
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.webhooks.domain.addresses import host_of, is_allowed, is_literal, networks_in
from gateway.webhooks.domain.retries import MOST_ATTEMPTS, WAITS, wait_after
from gateway.webhooks.domain.signing import new_secret, signed_headers
from gateway.webhooks.domain.types import NEVER, OFFERED, matching
from shared.contracts import EVENTS


class TestSigning:
    def test_is_as_the_specification_has_it(self) -> None:
        headers = signed_headers(
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            b'{"test": 2432232314}',
            now=datetime.fromtimestamp(1614265330, UTC),
        )
        assert headers == {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }

    def test_several_secrets_sign_side_by_side(self) -> None:
        now, both = datetime.now(UTC), [new_secret(), new_secret()]
        alone = [signed_headers([one], "7", b"{}", now=now)["webhook-signature"] for one in both]
        assert signed_headers(both, "7", b"{}", now=now)["webhook-signature"] == " ".join(alone)

    def test_secrets_are_new_each_time(self) -> None:
        first, second = new_secret(), new_secret()
        assert first != second
        assert len(base64.b64decode(first.removeprefix("whsec_"))) == 32


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
            "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1",
            "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
            "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::",
            "::127.0.0.1", "2001:db8::1", "fec0::1", "168.63.129.16",
        ],
    )  # fmt: skip
    def test_inside_ones_are_refused(self, address: str) -> None:
        assert not is_allowed(address, ())

    @pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
    def test_public_ones_are_not(self, address: str) -> None:
        assert is_allowed(address, ())

    def test_the_operator_can_open_a_network(self) -> None:
        allowed = networks_in("10.1.0.0/16, fd00::/8")
        assert is_allowed("10.1.2.3", allowed)
        assert is_allowed("::ffff:10.1.2.3", allowed)
        assert is_allowed("fd00::5", allowed)
        assert not is_allowed("10.2.2.3", allowed)
        assert networks_in("") == ()

    @given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7"))
    def test_no_private_one_passes(self, address: object) -> None:
        assert not is_allowed(str(address), ())

    @pytest.mark.parametrize(("host", "expected"), [("1.2.3.4", True), ("::1", True), ("a.b", False), ("127.1", False)])
    def test_literals(self, host: str, expected: bool) -> None:
        assert is_literal(host) is expected


class TestUrls:
    @pytest.mark.parametrize(
        ("url", "host"),
        [
            ("https://example.com/hook?x=1", "example.com"),
            ("http://EXAMPLE.com:8080", "example.com"),
            ("https://[2606:2800::1]:1/x", "2606:2800::1"),
        ],
    )
    def test_good_ones(self, url: str, host: str) -> None:
        assert host_of(url) == host

    @pytest.mark.parametrize(
        "url",
        [
            "", "example.com", "ftp://example.com", "file:///etc/passwd", "https://", "https:///x", "https://a:b@c.d/",
            "https://a@c.d/", "https://c.d/#x", "https://c.d:0/", "https://c.d:99999/", "https://c.d:x/",
            "https://c .d/", "https://é.example/", "https://c.d/\r\nX: y", "https://[::1", "https://c.d\\@e.f/",
        ],
    )  # fmt: skip
    def test_bad_ones(self, url: str) -> None:
        with pytest.raises(ValueError):
            host_of(url)

    @given(st.text(max_size=60))
    def test_nothing_else_is_raised(self, url: str) -> None:
        for candidate in (url, f"https://{url}"):
            with suppress(ValueError):
                assert host_of(candidate)


class TestTypes:
    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (["gateway.user.registered.v1"], {"gateway.user.registered.v1"}),
            (["certificate.user_data.*"], {"certificate.user_data.erased.v1"}),
            (["gateway.*"], {kind for kind in EVENTS if kind.startswith("gateway.")}),
            (["*"], set(EVENTS) - NEVER),
            (["gateway*", "gateway.", "", ".*", "**", "gateway.user.registered"], set()),
            (["catalog.assessment.imported.v1", "catalog.assessment.*"], set()),
        ],
    )
    def test_wildcards(self, wanted: list[str], found: set[str]) -> None:
        assert matching(wanted) == found

    def test_what_carries_right_answers_is_never_offered(self) -> None:
        assert "catalog.assessment.imported.v1" in NEVER
        assert not NEVER & set(OFFERED)


def test_retries_take_about_a_day_and_wait_longer_each_time() -> None:
    assert timedelta(hours=24) < sum(WAITS, timedelta()) < timedelta(hours=30)
    assert all(sooner < later for sooner, later in pairwise(WAITS))
    assert [wait_after(number) for number in range(1, MOST_ATTEMPTS + 1)] == [*WAITS, None]
