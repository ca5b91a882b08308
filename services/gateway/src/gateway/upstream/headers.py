"""Headers on their way through: what a service must not be told by a client, nor a client by a service."""

from collections.abc import Iterable

RawHeaders = Iterable[tuple[bytes, bytes]]

# RFC 9110, 7.6.1: about one connection, not about the message.
_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
# The gateway's own business: who is asking is told by its signature alone, and the message is framed anew.
_NOT_FOR_SERVICES = _HOP_BY_HOP | {
    b"authorization",
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-port",
    b"x-forwarded-proto",
    b"traceparent",
    b"tracestate",
    b"x-real-ip",
    b"x-request-id",
}
_NOT_FOR_CLIENTS = _HOP_BY_HOP | {b"date", b"server", b"x-request-id"}
INTERNAL = b"x-syllabus-"
"""Beginning of the headers that only the gateway and the services may write."""


def for_service(headers: RawHeaders) -> list[tuple[str, str]]:
    """What a service is told of a client's headers."""
    headers = list(headers)
    dropped = _NOT_FOR_SERVICES | _named_by_connection(headers)
    return [
        (name.decode("latin-1"), value.decode("utf-8", "replace"))
        for name, value in headers
        if name not in dropped and not name.startswith(INTERNAL)
    ]


def for_client(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """What a client is told of a service's headers."""
    headers = [(name.lower(), value) for name, value in headers]
    dropped = _NOT_FOR_CLIENTS | _named_by_connection(headers)
    return [(name, value) for name, value in headers if name not in dropped and not name.startswith(INTERNAL)]


def _named_by_connection(headers: RawHeaders) -> set[bytes]:
    """Headers that a `Connection` header declares to be about this connection too."""
    return {name.strip().lower() for key, value in headers if key == b"connection" for name in value.split(b",")} - {
        b"content-length",
        b"content-type",
    }
