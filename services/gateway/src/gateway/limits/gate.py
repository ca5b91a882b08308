"""The gate: counts a request against its limits, and says what an answer's headers tell about them."""

import hashlib
import math
from collections.abc import Sequence
from typing import NamedTuple

from gateway.limits.clients import network_of
from gateway.limits.counters import Count, Counters, InMemory, InRedisOrMemory
from gateway.limits.rules import PERIOD_S, Rule, rules_for
from gateway.settings import Settings
from shared.errors import Refusal

Headers = list[tuple[bytes, bytes]]


class RateLimited(Refusal):
    code = "RATE_LIMITED"
    message = "Too many requests. Wait for the seconds in Retry-After."


class Passage(NamedTuple):
    """How a request stands to its limits."""

    refused: Rule | None
    headers: Headers
    """For the answer, whether it is a refusal or not."""

    def check(self) -> None:
        """Raises RateLimited."""
        if self.refused is not None:
            raise RateLimited(limit=self.refused.amount, period_seconds=PERIOD_S)


FREE = Passage(None, [])


class Gate:
    """Counts requests; lets all of them pass where limits are switched off."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._counters: Counters = (
            InRedisOrMemory(settings.redis_url.get_secret_value()) if settings.redis_url else InMemory()
        )

    async def enter(self, method: str, path: str, user_id: int | None, client: str) -> Passage:
        """Count a request of a user, or of a guest at a network address, at a canonical path."""
        if not self._settings.rate_limits:
            return FREE
        return await self._count(rules_for(self._settings, method, path, user_id, network_of(client)))

    async def try_login(self, client: str, email: str) -> Passage:
        """Count a login with an address as wrong, until `login_was_right`."""
        return await self._count([self._wrong_password(client, email)]) if self._settings.rate_limits else FREE

    async def login_was_right(self, client: str, email: str) -> None:
        if self._settings.rate_limits:
            await self._counters.clear(_key(self._wrong_password(client, email)))

    async def close(self) -> None:
        await self._counters.close()

    def _wrong_password(self, client: str, email: str) -> Rule:
        who = hashlib.sha256(f"{network_of(client)} {email.strip().lower()}".encode(errors="replace")).hexdigest()
        return Rule("wrong-password", self._settings.limit_wrong_password, who)

    async def _count(self, rules: Sequence[Rule]) -> Passage:
        return _passage(rules, await self._counters.add([_key(rule) for rule in rules], PERIOD_S))


def _key(rule: Rule) -> str:
    return f"{rule.name}:{rule.who}"


def _passage(rules: Sequence[Rule], counts: Sequence[Count]) -> Passage:
    """The headers tell of the limit that is nearest, the policy of all."""
    rule, count = min(
        zip(rules, counts, strict=True), key=lambda pair: (pair[0].amount - pair[1].number, -pair[1].resets_in_s)
    )
    remaining = rule.amount - count.number
    reset = b"%d" % max(1, math.ceil(count.resets_in_s))
    headers = [
        (b"ratelimit-limit", b"%d" % rule.amount),
        (b"ratelimit-remaining", b"%d" % max(0, remaining)),
        (b"ratelimit-reset", reset),
        (b"ratelimit-policy", b", ".join(b"%d;w=%d" % (each.amount, PERIOD_S) for each in rules)),
    ]
    if remaining >= 0:
        return Passage(None, headers)
    return Passage(rule, [*headers, (b"retry-after", reset)])
