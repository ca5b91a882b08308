"""What enrollment adds to a course's page."""

from typing import Any

import pytest

from shared.auth import ServiceCaller
from shared.contracts.enrollment.http import CourseOverlay
from shared.testing import ServiceUnderTest, user

CATALOG = ServiceCaller("catalog")


async def overlay(service: ServiceUnderTest, **query: Any) -> dict[str, Any]:
    async with service.client(CATALOG) as client:
        answer = await client.get("/internal/courses/5/overlay/", params=query)
    assert answer.status_code == 200, answer.text
    CourseOverlay.model_validate_json(answer.content)
    body: dict[str, Any] = answer.json()
    return body


async def review(service: ServiceUnderTest, user_id: int, **fields: Any) -> dict[str, Any]:
    async with service.client(user(user_id)) as client:
        body = {"course": 5, "rating": 5, "title": "Good", "content": "Learned a lot."} | fields
        answer = await client.post("/api/reviews/", json=body)
    assert answer.status_code == 201, answer.text
    written: dict[str, Any] = answer.json()
    return written


class TestReviews:
    async def test_the_five_newest_are_as_the_public_sees_them(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        for user_id in range(7, 14):
            await enroll(user_id)
            await review(enrollment, user_id, content='Quotes " and \\ and ünï 😀 survive.')
        async with enrollment.client(user(13)) as client:
            await client.post(f"/api/enrollments/{(await enroll_id(client))}/unenroll/")
        async with enrollment.client() as client:
            public = (await client.get("/api/courses/5/reviews/", params={"page_size": 5})).json()["results"]
        assert (await overlay(enrollment))["recent_reviews"] == public
        assert [row["is_verified_purchase"] for row in public] == [False, True, True, True, True]

    async def test_those_that_are_not_approved_are_left_out(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        written = await review(enrollment, 7)
        async with enrollment.client(user(500, "instructor")) as client:
            await client.put(f"/api/reviews/{written['id']}/moderate/", json={"status": "rejected"})
        assert (await overlay(enrollment))["recent_reviews"] == []


async def enroll_id(client: Any) -> int:
    [row] = (await client.get("/api/enrollments/")).json()["results"]
    return int(row["id"])


class TestProgress:
    async def test_percentages_of_the_course_and_of_each_lesson(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        enrolled = await enroll()
        await write_progress(11, is_completed=True)
        await write_progress(12, progress_percentage=40, time_spent=90)
        assert (await overlay(enrollment, user_id=7))["user_progress"] == {
            "enrollment": enrolled["id"],
            "status": "active",
            "progress_percentage": 33,
            "completed_lessons": 1,
            "total_lessons": 3,
            "total_time_spent": 90,
            "current_lesson": 12,
            "lessons": [
                {"lesson": 11, "progress_percentage": 100, "is_completed": True},
                {"lesson": 12, "progress_percentage": 40, "is_completed": False},
                {"lesson": 13, "progress_percentage": 0, "is_completed": False},
            ],
        }

    async def test_it_follows_the_outline(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        await write_progress(11, is_completed=True)
        await enrollment.deliver(course(lessons=[13, 14], version=2))
        progress = (await overlay(enrollment, user_id=7))["user_progress"]
        assert [row["lesson"] for row in progress["lessons"]] == [13, 14]
        assert progress["current_lesson"] == 13

    @pytest.mark.parametrize(("status", "is_shown"), [("suspended", True), ("unenrolled", False)])
    async def test_it_is_there_while_enrolled(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, status: str, is_shown: bool
    ) -> None:
        await enrollment.deliver(course())
        enrolled = await enroll()
        if status == "suspended":
            async with enrollment.client(user(500, "instructor")) as client:
                await client.patch(f"/api/courses/5/enrollments/{enrolled['id']}/", json={"status": status})
        else:
            async with enrollment.client(user(7)) as client:
                await client.post(f"/api/enrollments/{enrolled['id']}/unenroll/")
        assert ((await overlay(enrollment, user_id=7))["user_progress"] is not None) is is_shown

    async def test_guests_and_others_have_none(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course())
        await enroll()
        assert (await overlay(enrollment))["user_progress"] is None
        assert (await overlay(enrollment, user_id=8))["user_progress"] is None


class TestAccess:
    async def test_an_unknown_course_has_nothing(self, enrollment: ServiceUnderTest) -> None:
        assert await overlay(enrollment, user_id=7) == {"recent_reviews": [], "user_progress": None}

    async def test_it_is_not_for_users(self, enrollment: ServiceUnderTest) -> None:
        async with enrollment.client(user(7, "administrator")) as client:
            assert (await client.get("/internal/courses/5/overlay/")).status_code == 404

    @pytest.mark.parametrize("user_id", ["0", "x", str(2**63)])
    async def test_absurd_ids_are_refused(self, enrollment: ServiceUnderTest, user_id: str) -> None:
        async with enrollment.client(CATALOG) as client:
            answer = await client.get("/internal/courses/5/overlay/", params={"user_id": user_id})
        assert answer.status_code == 400
