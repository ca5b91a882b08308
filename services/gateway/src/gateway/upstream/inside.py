"""Asking services at their private paths, as the gateway itself: bytes as they come, parsed by nobody."""

import time
from collections.abc import AsyncIterator, Sequence

from gateway.upstream.client import UpstreamDown, Upstreams
from shared.auth import HEADER, LIFETIME_S, Signer
from shared.settings import ServiceName
from shared.telemetry import request_id

LARGEST_ANSWER = 64 * 1024 * 1024


class Inside:
    """The services' private paths."""

    def __init__(self, upstreams: Upstreams, signer: Signer | None) -> None:
        self._upstreams = upstreams
        self._signer = signer
        self._signature = ""
        self._signed_until = 0.0

    async def get(self, service: ServiceName, target: str, *, limit_s: float) -> bytes | None:
        """The body of the answer; None when it is 404.

        Raises UpstreamDown when there is none within `limit_s`, or another one.
        """
        async with self._upstreams.ask(service, "GET", target, self._headers(), limit_s=limit_s) as answer:
            if answer.status == 404:
                return None
            if answer.status != 200:
                raise UpstreamDown(f"answered {answer.status}")
            return await answer.whole(LARGEST_ANSWER)

    async def post(
        self, service: ServiceName, target: str, kind: str, pieces: AsyncIterator[bytes], *, limit_s: float
    ) -> tuple[int, bytes]:
        """Status and body of the answer to a body of the content type `kind`.

        Raises UpstreamDown when there is none within `limit_s`, or `pieces` breaks off.
        """
        headers = [*self._headers(), ("Content-Type", kind)]
        async with self._upstreams.ask(service, "POST", target, headers, pieces, limit_s=limit_s) as answer:
            return answer.status, await answer.whole(LARGEST_ANSWER)

    def _headers(self) -> Sequence[tuple[str, str]]:
        headers = [("X-Request-ID", request_id())]
        if self._signer is not None:
            if time.monotonic() >= self._signed_until:
                self._signature = self._signer.for_service()
                self._signed_until = time.monotonic() + LIFETIME_S / 2
            headers.append((HEADER, self._signature))
        return headers
