"""Counts of requests in periods that begin with the first one: in this process, or in Redis for several of them.

Own counters rather than the library `limits`: its memory walks over all keys with every request (1.9 ms at 20,000
addresses), and its Redis needs several round trips for each limit where one will do for all.
"""

import math
import time
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

MOST_REMEMBERED = 100_000
"""Counts in each of two generations. Beyond, the older one is forgotten early."""
REDIS_LIMIT_S = 0.25
REDIS_REST_S = 5.0
"""After Redis did not answer, this process counts by itself for so long."""
REDIS_CONNECTIONS = 8

log = structlog.get_logger()


class Count(NamedTuple):
    number: int
    """Requests in this period, with this one."""
    resets_in_s: float


class Counters(Protocol):
    async def add(self, keys: Sequence[str], period_s: int) -> list[Count]:
        """Count one request for each key."""

    async def clear(self, key: str) -> None:
        """Begin anew."""

    async def close(self) -> None: ...


class InMemory:
    """Counts of this process. Two generations of them, so that old ones go without a walk over all."""

    def __init__(self) -> None:
        self._young: dict[str, tuple[int, float]] = {}
        self._old: dict[str, tuple[int, float]] = {}
        self._turns_at = 0.0

    async def add(self, keys: Sequence[str], period_s: int) -> list[Count]:
        return self.add_at(keys, period_s, now=time.monotonic())

    def add_at(self, keys: Sequence[str], period_s: int, *, now: float) -> list[Count]:
        """`add`, at a time on any clock that does not go back."""
        if now >= self._turns_at or len(self._young) >= MOST_REMEMBERED:
            self._young, self._old, self._turns_at = {}, self._young, now + period_s
        counts = []
        for key in keys:
            number, until = self._young.get(key) or self._old.get(key) or (0, 0.0)
            if until <= now:
                number, until = 0, now + period_s
            self._young[key] = (number + 1, until)
            counts.append(Count(number + 1, until - now))
        return counts

    async def clear(self, key: str) -> None:
        self._young.pop(key, None)
        self._old.pop(key, None)

    async def close(self) -> None:
        """Nothing is open."""


class InRedis:
    """Counts of all processes that share a Redis. Raises RedisError, OSError or TimeoutError when it is away."""

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=REDIS_CONNECTIONS,
            timeout=REDIS_LIMIT_S,
            socket_timeout=REDIS_LIMIT_S,
            socket_connect_timeout=REDIS_LIMIT_S,
            # Once more at once, for a connection that turns out closed; no waiting while a user waits.
            retry=Retry(NoBackoff(), 1),
            client_name="syllabus-gateway",
        )
        self._redis = Redis.from_pool(pool)

    async def add(self, keys: Sequence[str], period_s: int) -> list[Count]:
        async with self._redis.pipeline(transaction=True) as pipe:
            for key in keys:
                name = _PREFIX + key
                pipe.set(name, 0, ex=period_s, nx=True)
                pipe.incr(name)
                pipe.pttl(name)
            answers = await pipe.execute()
        return [
            Count(int(number), max(int(left), 0) / 1000)
            for number, left in zip(answers[1::3], answers[2::3], strict=True)
        ]

    async def clear(self, key: str) -> None:
        await self._redis.delete(_PREFIX + key)

    async def close(self) -> None:
        await self._redis.aclose()


_PREFIX = "syllabus:limit:"


class InRedisOrMemory:
    """Counts in Redis while it answers. While it does not, each process counts for itself: nobody is turned away."""

    def __init__(self, url: str) -> None:
        self._shared = InRedis(url)
        self._own = InMemory()
        self._rests_until = -math.inf

    async def add(self, keys: Sequence[str], period_s: int) -> list[Count]:
        if time.monotonic() >= self._rests_until:
            try:
                return await self._shared.add(keys, period_s)
            except (RedisError, OSError) as error:
                self._rest(error)
        return await self._own.add(keys, period_s)

    async def clear(self, key: str) -> None:
        await self._own.clear(key)
        if time.monotonic() >= self._rests_until:
            try:
                await self._shared.clear(key)
            except (RedisError, OSError) as error:
                self._rest(error)

    async def close(self) -> None:
        await self._shared.close()

    def _rest(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + REDIS_REST_S
        log.warning("Redis does not answer; each process counts for itself", error=type(error).__name__)
