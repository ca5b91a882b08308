"""Who a request comes from: the network address behind the proxies that are trusted, and what it is counted as."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.types import Scope

UNIX = "unix"
"""In a list of trusted proxies: whoever connects to a Unix socket."""
MOST_FORWARDED = 32
"""Longer chains of proxies are not followed."""


class TrustedProxies:
    """The proxies whose `X-Forwarded-For` is believed: addresses, networks, or `unix`, with commas between them.

    Raises ValueError for anything else.
    """

    def __init__(self, trusted: str) -> None:
        entries = [entry.strip() for entry in trusted.split(",") if entry.strip()]
        self._networks = [ip_network(entry) for entry in entries if entry != UNIX]
        self._trusts_unix = UNIX in entries
        self._trusts = lru_cache(4096)(self._look_up)

    def client_of(self, scope: Scope) -> str:
        """The nearest address that is not a trusted proxy's; empty when a Unix socket's other end is all we know."""
        client = (scope.get("client") or ("",))[0]
        if not self._trusts(client):
            return client
        for named in _forwarded(scope["headers"]):
            address = _address(named)
            if address is None:
                break
            client = str(address)
            if not self._trusts(client):
                break
        return client

    def _look_up(self, client: str) -> bool:
        if not client:
            return self._trusts_unix
        address = _address(client)
        return address is not None and any(address in network for network in self._networks)


@lru_cache(16_384)
def network_of(client: str) -> str:
    """What an address is counted as: itself, or the /64 of an IPv6 one, of which a household has so many."""
    address = _address(client)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False))
    return client if address is None else str(address)


def _forwarded(headers: Sequence[tuple[bytes, bytes]]) -> list[str]:
    """The addresses of `X-Forwarded-For`, the nearest first."""
    sent = b",".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
    return [part.strip() for part in reversed(sent.rsplit(",", MOST_FORWARDED))][:MOST_FORWARDED]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, perhaps with a port behind it; None when it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
