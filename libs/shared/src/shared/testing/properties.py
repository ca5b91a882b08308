"""Properties that are checked against a service, whose calls are awaited."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings


async def check_each(examples: int, strategy: Any, check: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    """Await `check` for so many things that Hypothesis draws: it runs in a thread, the checks on this loop."""
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=examples,
        phases=(Phase.generate, Phase.shrink),
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(drawn: Any) -> None:
        asyncio.run_coroutine_threadsafe(check(drawn), loop).result()

    await asyncio.to_thread(run)
