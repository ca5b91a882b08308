"""Writing and reading progress, and what follows for the enrollment."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from shared.contracts.enrollment.events import EnrollmentCompleted, ProgressUpdated
from shared.testing import ServiceUnderTest, user


async def send(service: ServiceUnderTest, progress_id: int, body: Any, user_id: int = 7, method: str = "PATCH") -> Any:
    async with service.client(user(user_id)) as client:
        return await client.request(method, f"/api/progress/{progress_id}/", json=body)


class TestUpdateProgress:
    async def test_a_lesson_done_is_counted_and_told(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any
    ) -> None:
        await enrollment.deliver(course())
        enrolled = await enroll()
        row = (await progress_of())[11]

        answer = await send(enrollment, row["id"], {"is_completed": True, "time_spent": 90, "notes": "mine"}, 7, "PUT")

        body = answer.json()
        assert answer.status_code == 200
        assert body["completed_date"] == body["last_accessed"] is not None
        assert body | {"completed_date": 0, "last_accessed": 0} == {
            "id": row["id"],
            "enrollment": {"id": enrolled["id"], "progress_percentage": 33, "status": "active"},
            "lesson": {"id": 11, "title": "Lesson 11", "module": 1},
            "is_completed": True,
            "completed_date": 0,
            "time_spent": 90,
            "progress_percentage": 100,
            "position_seconds": None,
            "notes": "mine",
            "last_accessed": 0,
        }
        [event] = await enrollment.events(ProgressUpdated)
        assert (event.version, event.completed_lessons, event.progress_percentage) == (2, 1, 33)
        assert (event.progress_id, event.lesson_id, event.lesson_percentage, event.time_spent) == (
            row["id"], 11, 100, 90,
        )  # fmt: skip

    async def test_the_enrollment_follows(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        await write_progress(11, is_completed=True, time_spent=90)
        await write_progress(13, progress_percentage=50, time_spent=10)
        async with enrollment.client(user(7)) as client:
            body = (await client.get(f"/api/enrollments/{first['id']}/")).json()
        assert (body["completed_lessons"], body["total_time_spent"], body["progress_percentage"]) == (1, 100, 33)
        assert (body["last_lesson_accessed"], body["current_lesson"]) == (13, 12)
        assert body["last_accessed"] > first["last_accessed"]

    async def test_the_last_lesson_completes_the_enrollment_once(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        await enroll()
        await write_progress(11, is_completed=True)
        body = await write_progress(12, progress_percentage=100)
        await write_progress(12, is_completed=True, time_spent=5)
        assert (body["enrollment"]["status"], body["enrollment"]["progress_percentage"]) == ("completed", 100)
        told = [
            (type(event), event.version, event.model_dump()["status"])
            for event in await enrollment.events(ProgressUpdated, EnrollmentCompleted)
        ]
        assert told == [
            (ProgressUpdated, 2, "active"),
            (ProgressUpdated, 3, "active"),
            (EnrollmentCompleted, 4, "completed"),
            (ProgressUpdated, 5, "completed"),
        ]
        [completed] = await enrollment.events(EnrollmentCompleted)
        assert completed.completion_date is not None

    async def test_a_lesson_can_be_taken_back_until_all_is_done(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        await enroll()
        await write_progress(11, is_completed=True)
        back = await write_progress(11, is_completed=False)
        assert (back["progress_percentage"], back["completed_date"]) == (0, None)
        assert back["enrollment"]["progress_percentage"] == 0
        await write_progress(11, is_completed=True)
        await write_progress(12, is_completed=True)
        kept = await write_progress(12, is_completed=False)
        assert (kept["is_completed"], kept["enrollment"]["status"]) == (True, "completed")
        await assert_counters_right()

    async def test_what_changes_nothing_is_an_access_and_no_event(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        first = await write_progress(11, time_spent=30)
        second = await write_progress(11, time_spent=20)
        await write_progress(11)
        assert second["time_spent"] == 30
        assert second["last_accessed"] > first["last_accessed"]
        assert len(await enrollment.events(ProgressUpdated)) == 1

    async def test_twenty_at_once_lose_nothing(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=list(range(1, 21))))
        await enroll()
        rows = await progress_of()
        answers = await asyncio.gather(
            *(send(enrollment, row["id"], {"is_completed": True, "time_spent": lesson}) for lesson, row in rows.items())
        )
        assert [answer.status_code for answer in answers] == [200] * 20
        await assert_counters_right()
        events = await enrollment.events(ProgressUpdated)
        assert [event.version for event in events] == list(range(2, 22))
        assert [event.completed_lessons for event in events] == list(range(1, 21))
        [completed] = await enrollment.events(EnrollmentCompleted)
        assert completed.version == 22

    async def test_twenty_on_one_lesson_count_it_once(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11]))
        await enroll()
        row = (await progress_of())[11]
        await asyncio.gather(
            *(send(enrollment, row["id"], {"is_completed": True, "time_spent": 60}) for _ in range(20))
        )
        await assert_counters_right()
        assert len(await enrollment.events(ProgressUpdated)) == len(await enrollment.events(EnrollmentCompleted)) == 1


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"is_completed": "yes"}, "is_completed"),
            ({"is_completed": 1}, "is_completed"),
            ({"is_completed": None}, "is_completed"),
            ({"progress_percentage": 101}, "progress_percentage"),
            ({"progress_percentage": -1}, "progress_percentage"),
            ({"progress_percentage": "50"}, "progress_percentage"),
            ({"progress_percentage": 50.5}, "progress_percentage"),
            ({"progress_percentage": True}, "progress_percentage"),
            ({"progress_percentage": 10**30}, "progress_percentage"),
            ({"time_spent": -1}, "time_spent"),
            ({"time_spent": 2**31}, "time_spent"),
            ({"time_spent": 86_401}, "time_spent"),
            ({"time_spent": None}, "time_spent"),
            ({"notes": 5}, "notes"),
            ({"notes": None}, "notes"),
            ({"notes": "x" * 10_001}, "notes"),
            ({"notes": "a\0b"}, "notes"),
            ([], "non_field_errors"),
            (None, "non_field_errors"),
        ],
    )
    async def test_it_names_the_field(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, body: Any, field: str
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        answer = await send(enrollment, (await progress_of())[11]["id"], body)
        assert answer.status_code == 400
        assert list(answer.json()) == [field]

    async def test_half_a_surrogate_pair_is_no_text(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        row = (await progress_of())[11]
        async with enrollment.client(user(7)) as client:
            answer = await client.patch(
                f"/api/progress/{row['id']}/",
                content=b'{"notes": "\\ud800"}',
                headers={"content-type": "application/json"},
            )
        assert (answer.status_code, list(answer.json())) == (400, ["notes"])

    async def test_unknown_and_read_only_fields_are_ignored(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        body = await write_progress(11, id=99, enrollment=99, completed_date="2020-01-01", surprise={})
        assert body["completed_date"] is None


class TestRights:
    async def test_others_rows_do_not_exist(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        row = (await progress_of())[11]
        for caller in (user(8), user(500, "instructor"), user(1, "administrator")):
            async with enrollment.client(caller) as client:
                path = f"/api/progress/{row['id']}/"
                assert (await client.get(path)).status_code == 404
                assert (await client.put(path, json={"notes": "x"})).status_code == 404
        assert (await send(enrollment, 999_999, {})).status_code == 404
        assert (await send(enrollment, 2**63, {})).status_code == 400

    @pytest.mark.parametrize("method", ["GET", "PUT", "PATCH"])
    async def test_guests_are_asked_to_sign_in(self, enrollment: ServiceUnderTest, method: str) -> None:
        async with enrollment.client() as client:
            assert (await client.request(method, "/api/progress/1/", json={})).status_code == 401

    @pytest.mark.parametrize(
        ("status", "code"),
        [("suspended", "PERMISSION_DENIED"), ("unenrolled", "ENROLLMENT_REQUIRED"), ("dropped", "ENROLLMENT_REQUIRED")],
    )
    async def test_who_is_not_in_the_course_writes_nothing(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, status: str, code: str
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        async with enrollment.database.transaction() as session:
            await session.execute(text("UPDATE enrollments SET status = :status"), {"status": status})
        row = (await progress_of())[11]
        answer = await send(enrollment, row["id"], {"is_completed": True})
        assert (answer.status_code, answer.json()["code"]) == (403, code)
        assert await enrollment.events(ProgressUpdated) == []


class TestListProgress:
    async def test_in_the_order_of_the_course_by_page_and_by_cursor(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[30, 10, 20]))
        await enroll()
        async with enrollment.client(user(7)) as client:
            page = (await client.get("/api/progress/", params={"page_size": 2})).json()
            first = (await client.get("/api/progress/", params={"page_size": 2, "cursor": ""})).json()
            second = (await client.get(first["next"])).json()
            back = (await client.get(second["previous"])).json()
        assert (page["count"], [row["lesson"]["id"] for row in page["results"]]) == (3, [30, 10])
        assert "count" not in first or first["count"] is None
        assert [row["lesson"]["id"] for row in first["results"]] == [30, 10]
        assert [row["lesson"]["id"] for row in second["results"]] == [20]
        assert (second["next"], back["results"]) == (None, first["results"])

    async def test_the_row_names_its_enrollment(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course(lessons=[11]))
        enrolled = await enroll()
        async with enrollment.client(user(7)) as client:
            [row] = (await client.get("/api/progress/")).json()["results"]
            assert (await client.get(f"/api/progress/{row['id']}/")).json() == row
        assert row == {
            "id": row["id"],
            "enrollment": enrolled["id"],
            "lesson": {"id": 11, "title": "Lesson 11", "module": 1},
            "is_completed": False,
            "completed_date": None,
            "time_spent": 0,
            "progress_percentage": 0,
            "position_seconds": None,
            "notes": "",
            "last_accessed": None,
        }

    async def test_filters(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course(), course(course_id=6, slug="second-aid", lessons=[21]))
        first, second = await enroll(), await enroll(ref=6)
        await enroll(8)
        for params, lessons in (
            ({}, [11, 12, 13, 21]),
            ({"lesson": 12}, [12]),
            ({"course": "second-aid"}, [21]),
            ({"course": 5}, [11, 12, 13]),
            ({"course": "no-such"}, []),
            ({"course": 10**30}, []),
            ({"enrollment": first["id"]}, [11, 12, 13]),
            ({"enrollment": second["id"], "lesson": 11}, []),
        ):
            async with enrollment.client(user(7)) as client:
                body = (await client.get("/api/progress/", params=params)).json()
            assert [row["lesson"]["id"] for row in body["results"]] == lessons, params

    async def test_ordered_by_what_was_worked_on_last(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        await write_progress(12, time_spent=5)
        await write_progress(11, time_spent=3)
        async with enrollment.client(user(7)) as client:
            recent = (await client.get("/api/progress/?ordering=-last_accessed&cursor=&page_size=1")).json()
            following = (await client.get(recent["next"])).json()
            longest = (await client.get("/api/progress/?ordering=-time_spent")).json()
        assert [row["lesson"]["id"] for row in recent["results"] + following["results"]] == [11, 12]
        assert [row["lesson"]["id"] for row in longest["results"]] == [12, 11, 13]

    @pytest.mark.parametrize(
        ("params", "field"),
        [
            ({"lesson": "x"}, "lesson"),
            ({"lesson": 0}, "lesson"),
            ({"enrollment": 2**63}, "enrollment"),
            ({"course": ""}, "course"),
            ({"course": "a\0"}, "course"),
            ({"ordering": "notes"}, "ordering"),
            ({"page": 0}, "page"),
            ({"cursor": "%%%"}, "cursor"),
        ],
    )
    async def test_bad_parameters_are_named(self, enrollment: ServiceUnderTest, params: Any, field: str) -> None:
        async with enrollment.client(user(7)) as client:
            answer = await client.get("/api/progress/", params=params)
        assert (answer.status_code, list(answer.json())) == (400, [field])
