"""Waking who waits for new rows: the relay for those of the outbox, the gateway's hubs for those of their log.

After the commit that wrote them, and not in it: who has notified holds a lock of the whole server until its commit is
on disk, so commits that notify are written one by one. A wake-up may be lost, with the process or on the way: who waits
for one looks every second anyhow.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import structlog

from shared.stopping import stop_if_cancelled

PAUSE_S = 0.005
"""Between two notifications on a channel: what is rung meanwhile goes out as one."""

log = structlog.get_logger()


class Wakeups:
    """Those of one process. `notify` tells the other processes that listen to a channel."""

    def __init__(self, notify: Callable[[str], Awaitable[None]]) -> None:
        self._notify = notify
        self._waiting: dict[str, asyncio.Event] = {}
        self._notifying: dict[str, asyncio.Task[None]] = {}
        self._rung: set[str] = set()

    @contextmanager
    def waited_for_here(self, channel: str) -> Iterator[asyncio.Event]:
        """What a ring sets meanwhile. No other process is told then: to be used by the only one that waits."""
        rung = self._waiting[channel] = asyncio.Event()
        try:
            yield rung
        finally:
            if self._waiting.get(channel) is rung:
                del self._waiting[channel]

    def ring(self, channel: str) -> None:
        """There are new rows, and they are committed. Returns at once."""
        if (here := self._waiting.get(channel)) is not None:
            here.set()
            return
        self._rung.add(channel)
        if channel not in self._notifying:
            self._notifying[channel] = asyncio.create_task(self._tell(channel))

    async def close(self) -> None:
        for task in self._notifying.values():
            task.cancel()
        await asyncio.gather(*self._notifying.values(), return_exceptions=True)

    async def _tell(self, channel: str) -> None:
        try:
            while channel in self._rung:
                self._rung.discard(channel)
                await self._notify(channel)
                await asyncio.sleep(PAUSE_S)
        except Exception as error:
            stop_if_cancelled()
            log.warning("others were not woken; they look every second", channel=channel, error=type(error).__name__)
        finally:
            del self._notifying[channel]
