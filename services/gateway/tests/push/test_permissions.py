"""Who may have the stream. Which sockets are whose is in `test_sockets`: they are no operations of the API."""

from typing import Any

import httpx
import pytest

CALLERS = ("guest", "student", "instructor", "administrator")
RULES = (("GET", "/api/events/stream/", (401, 200, 200, 200)),)
"""Statuses in the order of the callers. What each is told is their own, or of their courses."""


@pytest.mark.parametrize(("caller", "status"), list(zip(CALLERS, RULES[0][2], strict=True)))
async def test_who_may(door: httpx.AsyncClient, make_account: Any, caller: str, status: int) -> None:
    headers = {} if caller == "guest" else (await make_account("one@example.com", role=caller)).header
    # Its headers alone: the stream would not end.
    answer = await door.head(RULES[0][1], headers=headers)
    assert answer.status_code == status
