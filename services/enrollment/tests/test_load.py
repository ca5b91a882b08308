"""Many learners at once; then every counter is held against its rows. `bench/learners.py` is the same, larger."""

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import text

from enrollment.queries.recount import find_differences
from enrollment.schedules import recalculate_stale
from shared.testing import ServiceUnderTest, user

LEARNERS = range(10, 30)


async def work(service: ServiceUnderTest, learner: int) -> None:
    """Enroll, learn, review and talk, as one learner in a hurry does."""
    draw = random.Random(learner)
    async with service.client(user(learner)) as client:
        assert (await client.post("/api/courses/5/enroll/")).status_code == 201
        rows = (await client.get("/api/progress/", params={"page_size": 100})).json()["results"]

        async def write(row: dict[str, Any]) -> None:
            body = draw.choice(({"is_completed": True}, {"time_spent": draw.randint(1, 900)}, {"is_completed": False}))
            answer = await client.patch(f"/api/progress/{row['id']}/", json=body)
            assert answer.status_code in (200, 404), answer.text

        async def beat(row: dict[str, Any]) -> None:
            answer = await client.post(f"/api/progress/{row['id']}/heartbeat/", json={"state": "active"})
            assert answer.status_code in (200, 404), answer.text

        await asyncio.gather(*(draw.choice((write, write, beat))(draw.choice(rows)) for _ in range(8)))
        stars = draw.randint(1, 5)
        review = {"course": 5, "rating": stars, "content": "Said in public."}
        written = (await client.post("/api/reviews/", json=review)).json()
        if stars == 1:
            await client.delete(f"/api/reviews/{written['id']}/")
        others = (await client.get("/api/courses/5/reviews/")).json()["results"]
        votes = [client.post(f"/api/reviews/{other['id']}/helpful/") for other in others[:3]]
        await asyncio.gather(*votes)


class TestLoad:
    async def test_learners_at_once_leave_every_counter_right(
        self, enrollment: ServiceUnderTest, course: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12, 13, 14]))
        edits = (course(lessons=[11, 13, 14, 15], version=2), course(lessons=[11, 12, 15], version=3))
        await asyncio.gather(*(work(enrollment, learner) for learner in LEARNERS), enrollment.deliver(*edits))
        await recalculate_stale(enrollment.database)
        await assert_counters_right()


class TestRecount:
    @pytest.mark.parametrize(
        ("damage", "place"),
        [
            ("UPDATE enrollments SET completed_lessons = completed_lessons + 1", ("enrollments", "completed_lessons")),
            ("UPDATE enrollments SET total_time_spent = 1", ("enrollments", "total_time_spent")),
            ("UPDATE enrollments SET progress_percentage = 7", ("enrollments", "progress_percentage")),
            ("DELETE FROM progress WHERE lesson_id = 11", ("progress", "rows")),
            ("UPDATE ratings SET star_5 = star_5 + 1", ("ratings", "star_5")),
            ("DELETE FROM ratings", ("ratings", "star_4")),
            ("UPDATE reviews SET helpful_count = 3", ("reviews", "helpful_count")),
            ("UPDATE topics SET replies_count = 3", ("topics", "replies_count")),
        ],
    )
    async def test_what_is_wrong_is_found(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, damage: str, place: tuple[str, str]
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        async with enrollment.client(user(7)) as client:
            await client.post("/api/reviews/", json={"course": 5, "rating": 4, "content": "Said in public."})
            await client.post("/api/courses/5/topics/", json={"kind": "question", "title": "Why?", "body": "Asked."})
        assert [difference async for difference in find_differences(enrollment.database)] == []
        async with enrollment.database.transaction() as session:
            await session.execute(text(damage))
        found = [(wrong.table, wrong.column) async for wrong in find_differences(enrollment.database)]
        assert place in found
