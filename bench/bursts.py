"""Bursts of changes to one enrollment at once; afterwards every total is held against its rows."""

import asyncio
import random

import aiohttp
import psycopg
import uvloop
from psycopg.conninfo import make_conninfo

from bench import seed
from bench.report import Figure
from shared.runtime.stack import Stack

AT_ONCE = 8

_ROWS = """
    SELECT user_id, array_agg(progress.id) FROM enrollment.enrollments
    JOIN enrollment.progress ON enrollment_id = enrollments.id
    WHERE enrollments.id %% 12 = 1 GROUP BY enrollments.id ORDER BY enrollments.id LIMIT %s
"""


def measure(stack: Stack, bursts: int) -> Figure:
    """Raises RuntimeError when an answer was not 2xx."""
    with psycopg.connect(make_conninfo(stack.database.url, dbname=stack.database_name)) as admin:
        enrollments: list[tuple[int, list[int]]] = admin.execute(_ROWS, [bursts]).fetchall()
    uvloop.run(_send(stack.url, enrollments, bursts))
    wrong = seed.differences(stack)
    beside = f"{bursts:,} bursts of {AT_ONCE}"
    return Figure("wrong totals after contended bursts", wrong, 0, 0, beside, smaller_is_better=True)


async def _send(url: str, enrollments: list[tuple[int, list[int]]], bursts: int) -> None:
    draw = random.Random(5)

    async def change(session: aiohttp.ClientSession, user: int, row: int) -> int:
        done = draw.random() < 0.5
        body = {
            "is_completed": done,
            "progress_percentage": 100 if done else draw.randint(0, 99),
            "time_spent": draw.randint(1, 900),
        }
        headers = {"Authorization": f"Token {seed.token_of(user)}"}
        async with session.put(f"{url}/api/progress/{row}/", json=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as session:
        for number in range(bursts):
            user, rows = enrollments[number % len(enrollments)]
            chosen = draw.sample(rows, AT_ONCE)
            statuses = await asyncio.gather(*(change(session, user, row) for row in chosen))
            if set(statuses) != {200}:
                raise RuntimeError(f"a burst was answered {statuses}")
