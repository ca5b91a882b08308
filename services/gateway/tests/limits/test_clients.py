from typing import Any

import pytest
from pydantic import ValidationError

from gateway.limits.clients import TrustedProxies, network_of
from gateway.settings import Settings


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"client": (peer, 5000) if peer is not None else None, "headers": headers}


class TestWhoAsks:
    @pytest.mark.parametrize(
        ("trusted", "peer", "forwarded", "client"),
        [
            ("", "203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
            ("", "127.0.0.1", ["198.51.100.1"], "127.0.0.1"),
            ("", None, ["198.51.100.1"], ""),
            ("10.0.0.0/8", "10.1.2.3", [], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.0/8", "11.1.2.3", ["198.51.100.1"], "11.1.2.3"),
            # The client's own words come first in the list, and are not believed.
            ("10.0.0.0/8", "10.1.2.3", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.0/8", "10.1.2.3", ["1.2.3.4", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
            ("10.0.0.0/8", "10.1.2.3", ["10.4.4.4"], "10.4.4.4"),
            ("10.0.0.0/8", "10.1.2.3", ["nonsense"], "10.1.2.3"),
            ("10.0.0.0/8", "10.1.2.3", ["198.51.100.1, unknown, 10.9.9.9"], "10.9.9.9"),
            ("10.0.0.0/8", "10.1.2.3", ["198.51.100.1:4711"], "198.51.100.1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", ["[2001:db8::5]:4711"], "2001:db8::5"),
            ("unix", None, ["198.51.100.1"], "198.51.100.1"),
            ("unix", "", ["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1, ::1 , unix", "::1", ["2001:db8::5"], "2001:db8::5"),
            ("10.0.0.0/8", "10.1.2.3", [", ".join(["10.0.0.1"] * 1000)], "10.0.0.1"),
        ],
    )
    def test_behind_trusted_proxies_only(self, trusted: str, peer: str, forwarded: list[str], client: str) -> None:
        assert TrustedProxies(trusted).client_of(scope(peer, *forwarded)) == client

    @pytest.mark.parametrize("trusted", ["10.0.0.0/33", "10.0.0.1/8", "proxy.example.com", "*"])
    def test_what_is_no_network_ends_the_start(self, trusted: str) -> None:
        with pytest.raises(ValidationError):
            Settings(trusted_proxies=trusted)


class TestNetworks:
    @pytest.mark.parametrize(
        ("client", "network"),
        [
            ("198.51.100.1", "198.51.100.1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/64"),
            ("", ""),
            ("testclient", "testclient"),
        ],
    )
    def test_a_household_is_one(self, client: str, network: str) -> None:
        assert network_of(client) == network
