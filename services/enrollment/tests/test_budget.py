"""What the hot routes cost. A larger figure is a decision, to be made here; a smaller one is to be kept here."""

from itertools import count
from typing import Any

import httpx

from shared.testing import Cost, ServiceUnderTest, cost_of, user

BUDGET: dict[tuple[str, str], Cost] = {
    ("POST", "/api/courses/5/enroll/"): Cost(2, events=1),
    ("GET", "/api/enrollments/"): Cost(2),
    ("GET", "/api/enrollments/{enrollment}/"): Cost(1),
    ("GET", "/api/progress/"): Cost(2),
    ("GET", "/api/progress/{progress}/"): Cost(1),
    ("PATCH", "/api/progress/{progress}/"): Cost(2, events=1),
    ("POST", "/api/progress/{progress}/heartbeat/"): Cost(2),
    ("GET", "/api/user/progress-stats/"): Cost(2),
    ("GET", "/api/courses/5/reviews/"): Cost(7),
}


async def test_each_route(enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any) -> None:
    await enrollment.deliver(course())
    places = {"enrollment": (await enroll())["id"], "progress": (await progress_of())[11]["id"]}
    number = count(60)

    async def ask(method: str, path: str) -> httpx.Response:
        """Something new each time: who enrolls is another learner, and progress grows."""
        new = next(number)
        body = {"PATCH": {"time_spent": new}, "POST": {"state": "active"}}.get(method)
        async with enrollment.client(user(new if path.endswith("enroll/") else 7)) as client:
            return await client.request(method, path.format(**places), json=body)

    spent = {(method, path): await cost_of(enrollment, lambda: ask(method, path)) for method, path in BUDGET}  # noqa: B023
    assert spent == BUDGET
