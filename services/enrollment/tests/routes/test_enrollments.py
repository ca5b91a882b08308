"""Reading one's own enrollments and figures."""

from typing import Any

import pytest

from shared.auth import ServiceCaller
from shared.testing import ServiceUnderTest, user


class TestListEnrollments:
    async def test_newest_first_by_page_and_by_cursor(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        for number in (1, 2, 3):
            await enrollment.deliver(course(course_id=number, slug=f"course-{number}", lessons=[number * 10]))
            await enroll(ref=number)
        await enroll(8, ref=1)
        async with enrollment.client(user(7)) as client:
            page = (await client.get("/api/enrollments/?page_size=2")).json()
            rest = (await client.get(page["next"])).json()
            first = (await client.get("/api/enrollments/?page_size=2&cursor=")).json()
            second = (await client.get(first["next"])).json()
        assert page["count"] == 3
        assert [row["course"]["id"] for row in page["results"] + rest["results"]] == [3, 2, 1]
        assert first["results"] + second["results"] == page["results"] + rest["results"]
        assert [row["current_lesson"] for row in page["results"]] == [30, 20]

    async def test_filters_and_orderings(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11]), course(course_id=6, slug="second", lessons=[21]))
        await enroll(ref=5)
        await enroll(ref=6)
        await write_progress(11, is_completed=True)
        for params, courses in (
            ({"status": "completed"}, [5]),
            ({"status": "active"}, [6]),
            ({"status": "dropped"}, []),
            ({"course": "second"}, [6]),
            ({"course": 5}, [5]),
            ({"ordering": "progress_percentage"}, [6, 5]),
            ({"ordering": "-last_accessed"}, [5, 6]),
            ({"ordering": "created_date"}, [5, 6]),
        ):
            async with enrollment.client(user(7)) as client:
                body = (await client.get("/api/enrollments/", params=params)).json()
            assert [row["course"]["id"] for row in body["results"]] == courses, params

    @pytest.mark.parametrize(
        ("params", "field"), [({"status": "sleeping"}, "status"), ({"ordering": "user"}, "ordering")]
    )
    async def test_bad_parameters_are_named(self, enrollment: ServiceUnderTest, params: Any, field: str) -> None:
        async with enrollment.client(user(7)) as client:
            answer = await client.get("/api/enrollments/", params=params)
        assert (answer.status_code, list(answer.json())) == (400, [field])


class TestGetEnrollment:
    async def test_ones_own_and_nobody_elses(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        path = f"/api/enrollments/{first['id']}/"
        async with enrollment.client(user(7)) as client:
            assert (await client.get(path)).json() == first
        async with enrollment.client(user(8)) as client:
            assert (await client.get(path)).status_code == 404
        async with enrollment.client() as client:
            assert (await client.get(path)).status_code == 401


class TestProgressStats:
    async def test_over_all_courses_but_those_given_up(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        for number in (1, 2, 3):
            lessons = [number * 10, number * 10 + 1, number * 10 + 2]
            await enrollment.deliver(course(course_id=number, slug=f"course-{number}", lessons=lessons))
            enrolled = await enroll(ref=number)
        for lesson in (10, 11, 12, 20, 30):
            await write_progress(lesson, is_completed=True, time_spent=lesson)
        async with enrollment.client(user(7)) as client:
            await client.post(f"/api/enrollments/{enrolled['id']}/unenroll/")
            stats = (await client.get("/api/user/progress-stats/")).json()
        assert stats == {
            "total_courses": 2,
            "courses_completed": 1,
            "courses_in_progress": 1,
            "total_time_spent": 83,
            "certificates_earned": 0,
            "average_progress": 66.5,
            "learning_streak_days": 1,
            "weekly_minutes": 1,
        }

    async def test_a_beginner_has_nothing_yet(self, enrollment: ServiceUnderTest) -> None:
        async with enrollment.client(user(7)) as client:
            stats = (await client.get("/api/user/progress-stats/")).json()
        assert set(stats.values()) == {0}


class TestInternal:
    async def test_another_service_learns_the_state(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        async with enrollment.client(ServiceCaller("catalog")) as client:
            known = await client.get("/internal/enrollments/?user_id=7&course_id=5")
            unknown = await client.get("/internal/enrollments/?user_id=8&course_id=5")
        assert (known.json()["enrollment_id"], known.json()["status"], known.json()["version"]) == (
            first["id"], "active", 1,
        )  # fmt: skip
        assert unknown.status_code == 404

    @pytest.mark.parametrize(("caller", "status"), [(None, 401), (user(1, "administrator"), 404)])
    async def test_it_is_for_services_only(self, enrollment: ServiceUnderTest, caller: Any, status: int) -> None:
        async with enrollment.client(caller) as client:
            assert (await client.get("/internal/enrollments/?user_id=7&course_id=5")).status_code == status
