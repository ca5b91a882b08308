"""Courses change under their learners: rows, counters and completion follow."""

import asyncio
import random
from typing import Any

import pytest
from uuid_utils import uuid7

from shared.contracts.enrollment.events import EnrollmentCompleted
from shared.testing import ServiceUnderTest, user


async def read(service: ServiceUnderTest, enrollment_id: int, user_id: int = 7) -> dict[str, Any]:
    async with service.client(user(user_id)) as client:
        body: dict[str, Any] = (await client.get(f"/api/enrollments/{enrollment_id}/")).json()
        return body


class TestOutline:
    async def test_a_lesson_added_gets_rows_and_lowers_the_percentage(
        self,
        enrollment: ServiceUnderTest,
        course: Any,
        enroll: Any,
        write_progress: Any,
        progress_of: Any,
        assert_counters_right: Any,
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        first = await enroll()
        await write_progress(11, is_completed=True)
        await enrollment.deliver(course(lessons=[11, 12, 13], version=2))
        body = await read(enrollment, first["id"])
        assert (body["progress_percentage"], body["completed_lessons"], body["total_lessons"]) == (33, 1, 3)
        assert list(await progress_of()) == [11, 12, 13]
        await assert_counters_right()

    async def test_a_complete_enrollment_stays_complete(
        self,
        enrollment: ServiceUnderTest,
        course: Any,
        enroll: Any,
        write_progress: Any,
        assert_counters_right: Any,
    ) -> None:
        await enrollment.deliver(course(lessons=[11]))
        first = await enroll()
        await write_progress(11, is_completed=True)
        before = await read(enrollment, first["id"])
        await enrollment.deliver(course(lessons=[11, 12], version=2))
        after = await read(enrollment, first["id"])
        assert (after["status"], after["progress_percentage"]) == ("completed", 100)
        assert (after["completed_lessons"], after["total_lessons"], after["current_lesson"]) == (1, 2, 12)
        assert after["completion_date"] == before["completion_date"]
        done = await write_progress(12, is_completed=True)
        assert done["enrollment"] == {"id": first["id"], "progress_percentage": 100, "status": "completed"}
        assert len(await enrollment.events(EnrollmentCompleted)) == 1
        await assert_counters_right()

    @pytest.mark.parametrize("how", ["removed", "hidden"])
    async def test_a_lesson_that_goes_leaves_the_count_and_comes_back_with_its_progress(
        self,
        enrollment: ServiceUnderTest,
        course: Any,
        enroll: Any,
        write_progress: Any,
        progress_of: Any,
        assert_counters_right: Any,
        how: str,
    ) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        await write_progress(13, is_completed=True, time_spent=50)
        row = (await progress_of())[13]
        await enrollment.deliver(course(lessons=[11, 12], hidden=[13] if how == "hidden" else [], version=2))
        body = await read(enrollment, first["id"])
        assert (body["completed_lessons"], body["total_lessons"], body["total_time_spent"]) == (0, 2, 50)
        assert list(await progress_of()) == [11, 12]
        async with enrollment.client(user(7)) as client:
            assert (await client.get(f"/api/progress/{row['id']}/")).status_code == 404
            assert (await client.patch(f"/api/progress/{row['id']}/", json={"time_spent": 60})).status_code == 404
        await enrollment.deliver(course(version=3))
        assert (await progress_of())[13] == row
        assert (await read(enrollment, first["id"]))["progress_percentage"] == 33
        await assert_counters_right()

    async def test_nothing_left_to_do_completes_those_who_are_active(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        for learner in (7, 8, 9):
            await enroll(learner)
        for learner in (7, 9):
            await write_progress(11, user_id=learner, is_completed=True)
        async with enrollment.client(user(500, "instructor")) as client:
            suspended = (await client.get("/api/courses/5/enrollments/")).json()["results"][0]
            path = f"/api/courses/5/enrollments/{suspended['id']}/"
            assert (await client.patch(path, json={"status": "suspended"})).status_code == 200
        await enrollment.deliver(course(lessons=[11], version=2))
        [event] = await enrollment.events(EnrollmentCompleted)
        assert (event.user_id, event.progress_percentage, event.version) == (7, 100, 3)
        await assert_counters_right()
        async with enrollment.client(user(500, "instructor")) as client:
            restored = (await client.patch(path, json={"status": "active"})).json()
        assert (restored["status"], restored["user"]) == ("completed", 9)
        assert [event.user_id for event in await enrollment.events(EnrollmentCompleted)] == [7, 9]

    async def test_no_lessons_at_all_is_nothing_done(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        first = await enroll()
        await write_progress(11, is_completed=True)
        await enrollment.deliver(course(lessons=[], hidden=[11, 12], version=2))
        body = await read(enrollment, first["id"])
        assert (body["progress_percentage"], body["status"], body["current_lesson"]) == (0, "active", None)
        await assert_counters_right()

    async def test_those_who_gave_up_find_the_course_as_it_is_now(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11]))
        first = await enroll()
        async with enrollment.client(user(7)) as client:
            await client.post(f"/api/enrollments/{first['id']}/unenroll/")
        await enrollment.deliver(course(lessons=[11, 12], version=2))
        assert (await enroll())["total_lessons"] == 2
        assert list(await progress_of()) == [11, 12]
        await assert_counters_right()

    async def test_a_deleted_course_leaves_its_learners_as_they_are(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        first = await enroll()
        await write_progress(11, is_completed=True)
        await enrollment.deliver(course(lessons=[], is_deleted=True, is_published=False, version=2))
        assert (await read(enrollment, first["id"]))["progress_percentage"] == 50


class TestDelivery:
    async def test_a_repeat_does_nothing(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, assert_counters_right: Any
    ) -> None:
        event, delivery = course(), str(uuid7())
        await enrollment.deliver(event, event_id=delivery)
        await enroll()
        await enrollment.deliver(event, event_id=delivery)
        await enrollment.deliver(event)
        await assert_counters_right()

    async def test_an_old_state_does_not_undo_a_newer_one(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12, 13], title="New", version=3))
        await enroll()
        await enrollment.deliver(course(lessons=[11], title="Old", version=2))
        assert list(await progress_of()) == [11, 12, 13]
        await assert_counters_right()

    async def test_any_order_comes_to_the_same(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[1, 2, 3, 4]))
        first = await enroll()
        await write_progress(1, is_completed=True)
        await write_progress(2, is_completed=True)
        draw = random.Random(5)
        states = [course(lessons=sorted(draw.sample(range(1, 9), 4)), version=version) for version in range(2, 12)]
        states.append(course(lessons=[2, 3, 7], version=12))
        shuffled = draw.sample(states, len(states))
        await enrollment.deliver(*shuffled, *shuffled[:3])
        body = await read(enrollment, first["id"])
        assert (body["completed_lessons"], body["total_lessons"], body["progress_percentage"]) == (1, 3, 33)
        await assert_counters_right()


class TestAtOnce:
    async def test_outlines_learners_and_newcomers_do_not_disturb_each_other(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=list(range(1, 11))))
        for learner in (1, 2, 3, 4):
            await enroll(learner)
        rows = {learner: await progress_of(learner) for learner in (1, 2, 3, 4)}
        draw = random.Random(7)

        async def learn(learner: int) -> None:
            async with enrollment.client(user(learner)) as client:
                for lesson in draw.sample(range(1, 11), 8):
                    change = {"is_completed": draw.random() < 0.8, "time_spent": draw.randrange(100)}
                    answer = await client.patch(f"/api/progress/{rows[learner][lesson]['id']}/", json=change)
                    assert answer.status_code in (200, 404), answer.text

        async def rebuild() -> None:
            for version in range(2, 12):
                await enrollment.deliver(course(lessons=sorted(draw.sample(range(1, 15), 8)), version=version))

        await asyncio.gather(*map(learn, (1, 2, 3, 4)), rebuild(), *map(enroll, range(10, 20)))
        await assert_counters_right()
        completed = [event.enrollment_id for event in await enrollment.events(EnrollmentCompleted)]
        assert len(completed) == len(set(completed))
