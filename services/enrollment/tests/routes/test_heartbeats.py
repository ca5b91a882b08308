"""Time told by heartbeats: by the server's clock, which the tests set back in the rows."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts.enrollment.events import EnrollmentCompleted, ProgressUpdated
from shared.testing import ServiceUnderTest, user


async def beat(
    service: ServiceUnderTest, progress_id: int, state: Any = "active", caller: Any = None, **more: Any
) -> Any:
    async with service.client(caller or user(7)) as client:
        return await client.post(f"/api/progress/{progress_id}/heartbeat/", json={"state": state} | more)


async def wait(service: ServiceUnderTest, seconds: int) -> None:
    """As if so much time had gone by."""
    async with service.database.transaction() as session:
        for table in ("progress", "learner_clocks"):
            await session.execute(
                text(f"UPDATE {table} SET counted_until = counted_until - make_interval(secs => :s)"), {"s": seconds}
            )


class TestHeartbeat:
    async def test_time_between_active_ones_is_added(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        row = (await progress_of())[11]
        added = []
        for pause, state in (
            (0, "active"),
            (30, "active"),
            (500, "active"),
            (20, "paused"),
            (20, "active"),
            (5, "idle"),
        ):
            await wait(enrollment, pause)
            added.append((await beat(enrollment, row["id"], state)).json()["added_seconds"])
        assert added == [0, 30, 60, 0, 0, 0]
        last = (await beat(enrollment, row["id"], position_seconds=95)).json()
        assert last == {"time_spent": 90, "added_seconds": 0}
        row = (await progress_of())[11]
        assert (row["time_spent"], row["position_seconds"]) == (90, 95)
        assert await enrollment.events(ProgressUpdated) == []
        await assert_counters_right()

    async def test_two_tabs_do_not_double(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(), course(course_id=6, slug="second", lessons=[21]))
        await enroll()
        await enroll(ref=6)
        rows = await progress_of()
        tabs = [rows[11]["id"], rows[11]["id"], rows[12]["id"], rows[21]["id"]]
        await asyncio.gather(*(beat(enrollment, tab) for tab in tabs))
        await wait(enrollment, 40)
        answers = await asyncio.gather(*(beat(enrollment, tab) for tab in tabs))
        assert 40 <= sum(answer.json()["added_seconds"] for answer in answers) <= 42
        await assert_counters_right()

    async def test_it_completes_a_course_measured_by_time(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any
    ) -> None:
        state = course(lessons=[11])
        lesson = state.modules[0].lessons[0].model_copy(update={"duration_minutes": 1})
        await enrollment.deliver(
            state.model_copy(update={"modules": [state.modules[0].model_copy(update={"lessons": [lesson]})]})
        )
        await enroll()
        async with enrollment.client(user(500, "instructor")) as client:
            await client.put("/api/courses/5/progress-policy/", json={"method": "time"})
        row = (await progress_of())[11]
        await beat(enrollment, row["id"])
        for _ in range(2):
            await wait(enrollment, 30)
            await beat(enrollment, row["id"])
        told = await enrollment.events(ProgressUpdated, EnrollmentCompleted)
        assert [(type(event), event.progress_percentage) for event in told] == [
            (ProgressUpdated, 50),
            (ProgressUpdated, 100),
            (EnrollmentCompleted, 100),
        ]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"state": None}, "state"),
            ({"state": "asleep"}, "state"),
            ({"position_seconds": -1}, "position_seconds"),
            ({"position_seconds": 2**31}, "position_seconds"),
            ({"position_seconds": "1"}, "position_seconds"),
        ],
    )
    async def test_bad_bodies_name_the_field(self, enrollment: ServiceUnderTest, body: Any, field: str) -> None:
        answer = await beat(enrollment, 1, **({"state": "active"} | body))
        assert (answer.status_code, list(answer.json())) == (400, [field])

    async def test_who_may(self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        row = (await progress_of())[11]
        callers = (user(7), user(8), user(8, premium=True), user(500, "instructor"), user(1, "administrator"))
        statuses = [(await beat(enrollment, row["id"], caller=caller)).status_code for caller in callers]
        assert statuses == [200, 404, 404, 404, 404]
        async with enrollment.client() as guest:
            answer = await guest.post(f"/api/progress/{row['id']}/heartbeat/", json={"state": "active"})
        assert answer.status_code == 401
        async with enrollment.client(user(7)) as client:
            await client.post(f"/api/enrollments/{first['id']}/unenroll/")
        assert (await beat(enrollment, row["id"])).json()["code"] == "ENROLLMENT_REQUIRED"

    async def test_a_locked_lesson(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        async with enrollment.client(user(500, "instructor")) as client:
            await client.put("/api/courses/5/progress-policy/", json={"method": "lessons", "sequential": True})
        row = (await progress_of())[12]
        assert (await beat(enrollment, row["id"])).json()["code"] == "LESSON_LOCKED"
