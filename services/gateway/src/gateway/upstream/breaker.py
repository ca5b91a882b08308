"""Failing fast: a service that does not answer is left alone for a moment, then tried with one request."""

import time

import structlog

from shared.settings import ServiceName

FAILURES = 5
"""So many in a row, and no success between them."""
REST_S = 2.0

log = structlog.get_logger()


class Breaker:
    """What is known of one service's health, from the requests that it was sent."""

    def __init__(self, service: ServiceName) -> None:
        self._service = service
        self._failures = 0
        self._rests_until = 0.0
        self._tried = False
        """Whether the one request that is to find out is under way."""

    def admits(self, *, now: float | None = None) -> bool:
        """Whether to send a request. One that was admitted ends in `succeeded`, `failed` or `ended`."""
        if self._failures < FAILURES:
            return True
        if self._tried or (time.monotonic() if now is None else now) < self._rests_until:
            return False
        self._tried = True
        return True

    def succeeded(self) -> None:
        """It began to answer, whatever it said."""
        if self._failures >= FAILURES:
            log.info("service answers again", service=self._service)
        self._failures, self._tried = 0, False

    def failed(self, *, now: float | None = None) -> None:
        """It refused the connection, or took too long."""
        self._failures, self._tried = self._failures + 1, False
        if self._failures >= FAILURES:
            self._rests_until = (time.monotonic() if now is None else now) + REST_S
        if self._failures == FAILURES:
            log.error("service is left alone for a moment", service=self._service, seconds=REST_S)

    def ended(self) -> None:
        """Nothing was learned: the client went away, or its body was refused."""
        self._tried = False
