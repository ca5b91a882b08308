"""Which network addresses webhooks may be sent to: public ones, so that nobody can reach inside by them."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

LONGEST_URL = 2048
NOT_PUBLIC = "This address is not public: webhooks are not sent to private, loopback, link-local or reserved networks."

Network = IPv4Network | IPv6Network

_GLOBAL_IPV6 = ip_network("2000::/3")
_SPECIAL = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # protocol assignments; some clouds serve metadata there
            "192.88.99.0/24",  # relays to IPv6
            "168.63.129.16/32",  # one cloud's host, reached from within
            "2002::/16",  # stands for an IPv4 address, who knows which; the next too
            "2001::/32",
        ),
    )
)
"""What `is_global` lets through all the same."""


def networks_in(text: str) -> tuple[Network, ...]:
    """Networks with commas between. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def is_allowed(address: str, allowed: Sequence[Network]) -> bool:
    """Whether a webhook may be sent there: `address` is an IP address, `allowed` what the operator opened beside the
    public ones.
    """
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if any(found in network for network in allowed):
        return True
    if isinstance(found, IPv6Address) and found not in _GLOBAL_IPV6:
        return False
    special = any(found in network for network in _SPECIAL)
    return found.is_global and not found.is_multicast and not found.is_reserved and not special


def is_literal(host: str) -> bool:
    """Whether the host is an address and not a name."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def host_of(url: str) -> str:
    """The host of a URL that a webhook can have. Raises ValueError with a sentence that says what is wrong."""
    if not url.isascii() or not url.isprintable() or any(character in url for character in ' \\"<>^`{|}'):
        raise ValueError("A URL has printable ASCII characters only; encode the others.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("This is not a URL.") from error
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise ValueError("Give a full URL that begins with https:// or http://.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("A URL with a user or password in it is not accepted.")
    if parts.fragment:
        raise ValueError("A URL with a fragment (#) is not accepted.")
    return host
