"""What the routes cost. A larger figure is a decision, to be made here; a smaller one is to be kept here."""

from itertools import count
from typing import Any

import pytest

from shared.auth import Identity, ServiceCaller
from shared.testing import Cost, ServiceUnderTest, cost_of, user

Json = dict[str, Any]
LEARNER, OTHER, TEACHER, SERVICE = user(7), user(8), user(500, "instructor"), ServiceCaller("gateway")
STRETCH = "from=2026-01-01&to=2026-01-05"
TOPIC = {"kind": "question", "title": "Why?", "body": "Asked."}

BUDGET: dict[tuple[str, str, Identity | ServiceCaller], tuple[Json | None, Cost]] = {
    ("PUT", "/api/progress/{row}/", LEARNER): ({"is_completed": True, "time_spent": "{n}"}, Cost(2, events=1)),
    ("PATCH", "/api/progress/{row}/", LEARNER): ({"time_spent": "{n}"}, Cost(2, events=1)),
    ("POST", "/api/progress/{row}/heartbeat/", LEARNER): ({"state": "active"}, Cost(7)),
    ("GET", "/api/progress/{row}/", LEARNER): (None, Cost(1)),
    ("GET", "/api/progress/", LEARNER): (None, Cost(2)),
    ("POST", "/api/courses/5/enroll/", user(0)): (None, Cost(2, events=1)),
    ("POST", "/api/enrollments/", user(0)): ({"course": "first-aid"}, Cost(2, events=1)),
    ("GET", "/api/enrollments/", LEARNER): (None, Cost(2)),
    ("GET", "/api/enrollments/{enrollment}/", LEARNER): (None, Cost(1)),
    ("GET", "/api/courses/5/enrollments/", TEACHER): (None, Cost(4)),
    ("GET", "/api/user/progress-stats/", LEARNER): (None, Cost(2)),
    ("GET", "/api/courses/5/progress-policy/", TEACHER): (None, Cost(5)),
    ("PATCH", "/api/courses/6/progress-policy/", TEACHER): ({"sequential": False}, Cost(6)),
    ("GET", "/api/reviews/", LEARNER): (None, Cost(2)),
    ("GET", "/api/courses/5/reviews/", LEARNER): (None, Cost(7)),
    ("GET", "/api/reviews/{review}/", LEARNER): (None, Cost(2)),
    ("PATCH", "/api/reviews/{review}/", LEARNER): ({"content": "Said anew {n}."}, Cost(5, events=1)),
    ("POST", "/api/reviews/{review}/helpful/", OTHER): (None, Cost(3)),
    ("GET", "/api/notes/", LEARNER): (None, Cost(2)),
    ("POST", "/api/notes/", LEARNER): ({"lesson": 11, "content": "Mine."}, Cost(10)),
    ("GET", "/api/notes/{note}/", LEARNER): (None, Cost(2)),
    ("PATCH", "/api/notes/{note}/", LEARNER): ({"content": "Anew {n}."}, Cost(6)),
    ("GET", "/api/courses/5/topics/", LEARNER): (None, Cost(6)),
    ("POST", "/api/courses/5/topics/", LEARNER): (TOPIC, Cost(11, events=1)),
    ("GET", "/api/topics/{topic}/", LEARNER): (None, Cost(3)),
    ("PATCH", "/api/topics/{topic}/", LEARNER): ({"body": "Anew {n}."}, Cost(8, events=1)),
    ("GET", "/api/topics/{topic}/replies/", LEARNER): (None, Cost(5)),
    ("POST", "/api/topics/{topic}/replies/", OTHER): ({"body": "Because."}, Cost(12, events=1)),
    ("GET", "/api/replies/{reply}/", LEARNER): (None, Cost(4)),
    ("PATCH", "/api/replies/{reply}/", LEARNER): ({"body": "Anew {n}."}, Cost(10)),
    ("POST", "/api/replies/{reply}/endorse/", TEACHER): (None, Cost(10)),
    ("GET", "/internal/enrollments/?user_id=7&course_id=5", SERVICE): (None, Cost(1)),
    ("GET", "/internal/lessons/11/lock/?user_id=7", SERVICE): (None, Cost(1)),
    ("GET", "/internal/courses/5/overlay/?user_id=7", SERVICE): (None, Cost(1)),
    ("GET", "/internal/users/7/export/", SERVICE): (None, Cost(1)),
    ("GET", f"/internal/analytics/courses/5/?{STRETCH}", SERVICE): (None, Cost(5)),
    ("GET", f"/internal/analytics/users/7/?{STRETCH}", SERVICE): (None, Cost(1)),
    ("GET", f"/internal/analytics/system/?{STRETCH}", SERVICE): (None, Cost(2)),
}
"""Method, path and caller (user 0 is a new one each time) → body and cost; `{n}` is a number that grows."""


@pytest.fixture
async def places(enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any) -> Json:
    """Several rows of everything, so that a statement for each row would show."""
    await enrollment.deliver(course(), course(course_id=6, slug="second", lessons=[21]))
    enrolled, *_ = [await enroll(user_id) for user_id in (7, 8, 9)]
    row = (await progress_of())[11]
    made = {"row": row["id"], "enrollment": enrolled["id"]}

    async def create(caller: Identity, noun: str, path: str, body: Json) -> None:
        async with enrollment.client(caller) as client:
            answer = await client.post(path, json=body)
        assert answer.status_code == 201, answer.text
        made[noun] = answer.json()["id"]

    for caller in (user(9), OTHER, LEARNER):
        await create(caller, "review", "/api/reviews/", {"course": 5, "rating": 4, "content": "Said in public."})
        await create(caller, "note", "/api/notes/", {"lesson": 11, "content": "Mine."})
        await create(caller, "topic", "/api/courses/5/topics/", TOPIC)
        await create(caller, "reply", f"/api/topics/{made['topic']}/replies/", {"body": "Because."})
    return made


async def test_what_each_route_costs(enrollment: ServiceUnderTest, places: Json) -> None:
    numbers = count(100)
    found = {}
    for (method, path, caller), (body, _) in BUDGET.items():

        async def request(method: str = method, path: str = path, caller: Any = caller, body: Any = body) -> Any:
            number = next(numbers)
            sent = body and {name: _filled(value, number) for name, value in body.items()}
            who = user(number) if caller == user(0) else caller
            async with enrollment.client(who) as client:
                return await client.request(method, path.format(**places), json=sent)

        found[method, path] = await cost_of(enrollment, request)
    assert found == {(method, path): cost for (method, path, _), (_, cost) in BUDGET.items()}


def _filled(value: Any, number: int) -> Any:
    if value == "{n}":
        return number
    return value.format(n=number) if isinstance(value, str) else value
