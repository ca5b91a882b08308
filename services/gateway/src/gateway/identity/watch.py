"""Who was changed by whatever process: looked up each second, so that everybody else may be remembered for longer.

Rows come by triggers on the tables that say who somebody is (migration 0008): no change of an account can forget it.
"""

import asyncio
import math
import time
from collections.abc import Callable, Collection
from typing import LiteralString

import structlog

from shared.database import Database
from shared.stopping import stop_if_cancelled

EVERY_S = 1.0
WINDOW_S = 300
"""How far back each look goes: longer than any transaction that changes an account takes to commit."""
MOST = 10_000
"""Changes in a window; when there are more, nobody is remembered."""
KEPT_S = 3600

_CHANGED: LiteralString = """
    SELECT coalesce(array_agg(id), '{}'), coalesce(array_agg(user_id), '{}')
    FROM (
        SELECT id, user_id FROM identity_changes
        WHERE changed_at > now() - make_interval(secs => %(window)s) LIMIT %(most)s
    ) AS changed
"""

log = structlog.get_logger()


class Watch:
    """`confirmed_at`: until when, on the monotonic clock, all changes were told to `forget`; None is for everybody."""

    def __init__(self, database: Database, forget: Callable[[Collection[int] | None], None]) -> None:
        self.confirmed_at = -math.inf
        self._database = database
        self._forget = forget
        self._told: set[int] = set()

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:
                stop_if_cancelled()
                log.warning("nobody is remembered for long: changes are not known", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        began = time.monotonic()
        row = await self._database.read(_CHANGED, {"window": WINDOW_S, "most": MOST})
        assert row is not None, "one row, whatever it finds"
        changed = dict(zip(*row, strict=True))
        if len(changed) == MOST:
            self._forget(None)
        elif users := {user_id for change, user_id in changed.items() if change not in self._told}:
            self._forget(users)
        self._told, self.confirmed_at = set(changed), began
