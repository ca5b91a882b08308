"""Asking about many at once."""

import asyncio

import pytest

from shared.errors import ServiceUnavailable
from shared.peers import ASKED_AT_ONCE, ask_about_all


async def test_a_few_are_asked_at_a_time_and_answers_keep_their_order() -> None:
    asked = most = 0

    async def ask(number: int) -> str:
        nonlocal asked, most
        asked += 1
        most = max(most, asked)
        for _ in range(number % 3):
            await asyncio.sleep(0)
        asked -= 1
        return str(number)

    assert await ask_about_all(range(30), ask) == [str(number) for number in range(30)]
    assert most == ASKED_AT_ONCE


async def test_nobody_goes_on_asking_after_one_has_failed() -> None:
    begun, ended = [], []

    async def ask(number: int) -> None:
        begun.append(number)
        try:
            if number == 1:
                raise ServiceUnavailable
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    with pytest.raises(ServiceUnavailable):
        await ask_about_all(range(30), ask)
    assert sorted(ended) == begun
    assert len(begun) <= ASKED_AT_ONCE + 1
