"""A learner's figures: enrollment's answer, with the number of certificates by who issues them."""

import asyncio
import json

import structlog
from starlette.types import Send

from gateway.shape import user_in
from gateway.upstream.client import UpstreamDown, Upstreams
from gateway.upstream.inside import Inside
from gateway.upstream.proxy import Incoming
from gateway.upstream.whole import Whole, fetch
from shared.contracts.certificate.http import EarnedCertificates

PATH = "/api/user/progress-stats/"
LIMIT_S = 1.0

log = structlog.get_logger()


class ProgressStats:
    def __init__(self, upstreams: Upstreams, inside: Inside) -> None:
        self._upstreams = upstreams
        self._inside = inside

    async def answer(self, request: Incoming, send: Send) -> None:
        """Raises ServiceUnavailable when enrollment does not answer."""
        if request.signature is None:
            await (await fetch(self._upstreams, request)).give(send)
            return
        earned = asyncio.create_task(self._earned(user_in(request.signature)))
        try:
            stats = await fetch(self._upstreams, request)
            if stats.is_json_object:
                stats = _with_certificates(stats, await earned)
        finally:
            earned.cancel()
        await stats.give(send)

    async def _earned(self, user_id: int) -> int | None:
        """How many certificates hold; None when certificate does not say."""
        try:
            found = await self._inside.get("certificate", f"/internal/users/{user_id}/certificates/", limit_s=LIMIT_S)
            return EarnedCertificates.model_validate_json(found).certificates_earned if found else None
        except (UpstreamDown, ValueError) as error:
            log.warning("figures without certificates", error=type(error).__name__)
            return None


def _with_certificates(stats: Whole, earned: int | None) -> Whole:
    figures = json.loads(stats.body) | {
        "certificates_earned": earned,
        "degraded": [] if earned is not None else ["certificate"],
    }
    # Its tag was of another body.
    headers = [header for header in stats.headers if header[0] != b"etag"]
    return Whole(stats.status, headers, json.dumps(figures, ensure_ascii=False, separators=(",", ":")).encode())
