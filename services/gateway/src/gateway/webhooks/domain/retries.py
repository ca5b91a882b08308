"""When an event that was not taken is sent again: more and more seldom, over a day."""

from datetime import timedelta

WAITS = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 300, 900, 3600, 7200, 4 * 3600, 8 * 3600, 10 * 3600)
)
MOST_ATTEMPTS = len(WAITS) + 1


def wait_after(attempts: int) -> timedelta | None:
    """Between this attempt and the next; None after the last."""
    return WAITS[attempts - 1] if attempts < MOST_ATTEMPTS else None
