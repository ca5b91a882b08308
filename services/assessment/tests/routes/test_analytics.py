"""How learners do in a course, for the gateway."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from shared.auth import ServiceCaller
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
URL = "/internal/analytics/courses/5/scores/"


async def scores(service: ServiceUnderTest, query: str = "") -> Json:
    answer = await service.client(ServiceCaller("gateway")).get(f"{URL}{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
async def taken(
    make: Make, start: Make, save: Callable[..., Awaitable[httpx.Response]], complete: Make, typed: dict[str, Json],
    send: Callable[..., Awaitable[httpx.Response]],
) -> Json:  # fmt: skip
    """Attempts that reached 100, 50 and 0 percent; another that waits, and one that runs."""
    made = await make(max_attempts=4)
    answers = (("Beta", "False", ("Red", "Blue")), (None, None, ("Red", "Blue")), (None, None, None))
    for chosen in answers:
        begun = await start(made)
        for place, one in enumerate(chosen):
            if one is not None:
                await save(begun, place, *((one,) if isinstance(one, str) else one))
        await complete(begun)
    await start(made)
    waiting = await start(await make(lesson=12, questions=[typed["essay"]]))
    await send(waiting, 0, text_answer="Text")
    await complete(waiting)
    return made


async def test_are_counted_in_bands_and_by_assessment(service: ServiceUnderTest, taken: Json) -> None:
    told = await scores(service)
    counts = [one["count"] for one in told["score_distribution"]]
    assert counts == [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert told["score_distribution"][9] == {"at_least": 90, "below": 100, "count": 1}
    first, second = told["performance"]
    assert first == {
        "assessment_id": taken["id"], "title": "Checkpoint", "learners": 1, "attempts": 3, "pending": 0, "graded": 3,
        "passed": 1, "mean_percentage": 50.0, "pass_rate": 0.3333,
    }  # fmt: skip
    assert (second["pending"], second["graded"], second["mean_percentage"], second["pass_rate"]) == (1, 0, None, None)


@pytest.mark.parametrize("query", ["?to=2020-01-01T00:00:00Z", "?from=2900-01-01T00:00:00Z"])
async def test_of_another_time_are_none(service: ServiceUnderTest, taken: Json, query: str) -> None:
    told = await scores(service, query)
    assert sum(one["count"] for one in told["score_distribution"]) == 0
    assert [one["attempts"] for one in told["performance"]] == [0, 0]


@pytest.mark.parametrize("query", ["?from=soon", "?to=1", "?from=9999-01-01T00:00:00Z"])
async def test_a_wrong_time_is_refused(service: ServiceUnderTest, query: str) -> None:
    assert (await service.client(ServiceCaller("gateway")).get(f"{URL}{query}")).status_code == 400


async def test_are_for_services(service: ServiceUnderTest) -> None:
    assert (await service.client(user(1, "administrator")).get(URL)).status_code == 404
