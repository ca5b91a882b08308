"""What a request costs: statements sent to PostgreSQL, questions to other services, events recorded."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock

import httpx
import psycopg

from shared.database import NOTIFY
from shared.testing.service import ServiceUnderTest


class Cost(NamedTuple):
    """Of one request."""

    statements: int = 0
    peers: int = 0
    events: int = 0


@contextmanager
def statements() -> Iterator[list[str]]:
    """All statements sent meanwhile, through SQLAlchemy or beside it.

    Those that begin or end transactions aside, and notifications: of any number of commits there may be one.
    """
    sent: list[str] = []

    def noted(send: Callable[..., Any]) -> Callable[..., Any]:
        async def execute(cursor: Any, statement: Any, *arguments: Any, **options: Any) -> Any:
            if statement is not NOTIFY:
                sent.append(str(statement))
            return await send(cursor, statement, *arguments, **options)

        return execute

    kind = psycopg.AsyncCursor
    with (
        mock.patch.object(kind, "execute", noted(kind.execute)),
        mock.patch.object(kind, "executemany", noted(kind.executemany)),
    ):
        yield sent


async def cost_of(service: ServiceUnderTest, request: Callable[[], Awaitable[httpx.Response]]) -> Cost:
    """What one more such request costs. It is sent before, too: a new connection asks the server for its kind."""
    await request()
    events, asked = len(await service.events()), len(service.peers.asked)
    with statements() as sent:
        answer = await request()
    assert answer.status_code < 400, answer.text
    return Cost(len(sent), len(service.peers.asked) - asked, len(await service.events()) - events)
