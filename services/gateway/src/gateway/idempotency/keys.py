"""Which requests are covered by an idempotency key, and what may be a key. Pure."""

from collections.abc import Sequence

from gateway.upstream.proxy import LARGEST_BODY
from shared.errors import Invalid

LONGEST_KEY = 255
LARGEST_COVERED = LARGEST_BODY
"""Bodies beyond it are uploads; they are passed on as they come, and not covered."""


def key_in(method: str, headers: Sequence[tuple[bytes, bytes]]) -> str | None:
    """The key that a request is to be done once under; None where it has none, or is no POST. Raises Invalid."""
    if method != "POST":
        return None
    sent = [value for name, value in headers if name == b"idempotency-key"]
    if not sent:
        return None
    if len(sent) > 1 or not 0 < len(sent[0]) <= LONGEST_KEY or not all(0x20 < byte < 0x7F for byte in sent[0]):
        raise Invalid({"Idempotency-Key": [f"One key of 1 to {LONGEST_KEY} visible ASCII characters, without spaces."]})
    return sent[0].decode("ascii")


def is_covered(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether the body is, or may turn out to be, small enough to be held as a whole."""
    named = dict(headers)
    length = named.get(b"content-length")
    if length is not None:
        return int(length) <= LARGEST_COVERED
    return not named.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
