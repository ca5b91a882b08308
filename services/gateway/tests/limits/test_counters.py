import asyncio
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from fakeredis import TcpFakeServer

from gateway.limits import counters
from gateway.limits.counters import Count, InMemory, InRedis, InRedisOrMemory


class TestInMemory:
    def test_a_period_begins_with_the_first(self) -> None:
        memory = InMemory()
        assert memory.add_at(["a"], 60, now=100.0) == [Count(1, 60.0)]
        assert memory.add_at(["a", "b"], 60, now=130.0) == [Count(2, 30.0), Count(1, 60.0)]
        assert memory.add_at(["a"], 60, now=159.5) == [Count(3, 0.5)]
        assert memory.add_at(["a", "b"], 60, now=160.0) == [Count(1, 60.0), Count(2, 30.0)]

    def test_what_is_over_is_forgotten(self) -> None:
        memory = InMemory()
        for moment in range(1000):
            memory.add_at([f"{moment}-{number}" for number in range(10)], 60, now=float(moment))
        assert len(memory._young) + len(memory._old) <= 2 * 60 * 10

    def test_it_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(counters, "MOST_REMEMBERED", 100)
        memory = InMemory()
        for number in range(1000):
            memory.add_at([str(number), "always"], 60, now=0.0)
        assert len(memory._young) + len(memory._old) <= 204
        assert memory.add_at(["always"], 60, now=1.0) == [Count(1001, 59.0)]

    async def test_one_costs_little_however_many_there_are(self) -> None:
        memory = InMemory()
        await memory.add([str(number) for number in range(50_000)], 60)
        started = time.perf_counter()
        for number in range(1000):
            await memory.add([str(number)], 60)
        assert time.perf_counter() - started < 0.1


@pytest.fixture
def redis_url() -> Iterator[str]:
    server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    serving.start()
    yield f"redis://127.0.0.1:{server.server_address[1]}/0"
    server.shutdown()
    server.server_close()


@pytest.fixture
async def two(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[InRedis, InRedis]]:
    """The counters of two processes. The server in Python is slower than Redis."""
    monkeypatch.setattr(counters, "REDIS_LIMIT_S", 10)
    one, other = InRedis(redis_url), InRedis(redis_url)
    yield one, other
    await one.close()
    await other.close()


class TestInRedis:
    async def test_processes_count_together(self, two: tuple[InRedis, InRedis]) -> None:
        one, other = two
        assert [count.number for count in await one.add(["a", "b"], 60)] == [1, 1]
        (second,) = await other.add(["a"], 60)
        assert second.number == 2
        assert 55 < second.resets_in_s <= 60
        await one.clear("a")
        assert (await other.add(["a"], 60))[0].number == 1

    async def test_many_at_once_are_all_counted(self, two: tuple[InRedis, InRedis]) -> None:
        counts = await asyncio.gather(*(two[number % 2].add(["a"], 60) for number in range(20)))
        assert sorted(count.number for (count,) in counts) == list(range(1, 21))

    async def test_while_it_is_away_each_counts_for_itself(self) -> None:
        away = InRedisOrMemory("redis://127.0.0.1:1/0")
        assert [(await away.add(["a"], 60))[0].number for _ in range(3)] == [1, 2, 3]
        await away.clear("a")
        assert (await away.add(["a"], 60))[0].number == 1
        await away.close()

    async def test_it_is_asked_again_after_a_rest(self, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        counting = InRedisOrMemory(redis_url)
        shared, counting._shared = counting._shared, InRedis("redis://127.0.0.1:1/0")
        await counting.add(["a"], 60)
        away, counting._shared = counting._shared, shared
        await counting.add(["a"], 60)
        assert await shared._redis.exists("syllabus:limit:a") == 0
        counting._rests_until = 0.0
        await counting.add(["a"], 60)
        assert await shared._redis.exists("syllabus:limit:a") == 1
        await away.close()
        await counting.close()
