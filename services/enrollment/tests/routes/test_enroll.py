"""Enrolling, being refused, giving up and coming back."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.contracts.catalog.events import CourseState
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentCreated,
    EnrollmentReactivated,
    EnrollmentUnenrolled,
)
from shared.testing import ServiceUnderTest, user


async def enroll(service: ServiceUnderTest, ref: Any = 5, caller: Any = None) -> Any:
    async with service.client(caller or user(7)) as client:
        return await client.post(f"/api/courses/{ref}/enroll/")


async def create(service: ServiceUnderTest, body: Any) -> Any:
    async with service.client(user(7)) as client:
        return await client.post("/api/enrollments/", json=body)


class TestEnroll:
    async def test_a_learner_enrolls_in_a_free_course(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course(lessons=[11, 12], hidden=[13], thumbnail="/api/media/a.png"))

        answer = await enroll(enrollment)

        assert answer.status_code == 201
        body = answer.json()
        assert body | {"id": 1, "created_date": 0, "last_accessed": 0} == {
            "id": 1,
            "user": 7,
            "course": {"id": 5, "slug": "first-aid", "title": "First aid", "thumbnail": "/api/media/a.png"},
            "status": "active",
            "progress_percentage": 0,
            "completed_lessons": 0,
            "total_lessons": 2,
            "total_time_spent": 0,
            "last_accessed": 0,
            "last_lesson_accessed": None,
            "current_lesson": 11,
            "completion_date": None,
            "created_date": 0,
        }
        assert body["created_date"].endswith("Z")

    async def test_it_is_told_with_the_enrollments_state(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        body = (await enroll(enrollment)).json()
        [event] = await enrollment.events(EnrollmentCreated)
        assert (event.enrollment_id, event.version, event.user_id, event.course_id) == (body["id"], 1, 7, 5)
        assert (event.status, event.total_lessons, event.may_read) == ("active", 3, True)

    @pytest.mark.parametrize("ref", ["5", 5, "first-aid"])
    async def test_the_body_takes_id_or_slug(self, enrollment: ServiceUnderTest, course: Any, ref: Any) -> None:
        await enrollment.deliver(course())
        assert (await create(enrollment, {"course": ref})).status_code == 201

    async def test_the_path_takes_a_slug(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        assert (await enroll(enrollment, "first-aid")).status_code == 201

    async def test_twice_is_refused(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        await enroll(enrollment)
        answer = await enroll(enrollment)
        assert (answer.status_code, answer.json()["code"]) == (400, "ALREADY_ENROLLED")
        assert len(await enrollment.events()) == 1
        assert enrollment.peers.asked == []

    async def test_of_ten_at_once_one_enrolls(
        self, enrollment: ServiceUnderTest, course: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course())
        answers = await asyncio.gather(*(enroll(enrollment) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [201] + [400] * 9
        assert {answer.json().get("code") for answer in answers} == {None, "ALREADY_ENROLLED"}
        assert len(await enrollment.events(EnrollmentCreated)) == 1
        await assert_counters_right()

    async def test_a_guest_is_asked_to_sign_in(self, enrollment: ServiceUnderTest) -> None:
        async with enrollment.client() as client:
            assert (await client.post("/api/courses/5/enroll/")).status_code == 401

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "course"),
            ({"course": None}, "course"),
            ({"course": ""}, "course"),
            ({"course": True}, "course"),
            ({"course": 5.5}, "course"),
            ({"course": ["5"]}, "course"),
            ({"course": "a\0b"}, "course"),
            ({"course": "x" * 256}, "course"),
            ([], "non_field_errors"),
        ],
    )
    async def test_bad_bodies_name_the_field(self, enrollment: ServiceUnderTest, body: Any, field: str) -> None:
        answer = await create(enrollment, body)
        assert answer.status_code == 400
        assert list(answer.json()) == [field]

    @pytest.mark.parametrize("ref", [0, -1, 2**63, 10**30, "²"])
    async def test_absurd_ids_are_not_found(self, enrollment: ServiceUnderTest, ref: Any) -> None:
        enrollment.peers.answer("catalog", "/internal/courses/", None)
        assert (await create(enrollment, {"course": ref})).status_code == 404


class TestPrice:
    async def test_a_course_with_a_price_needs_a_subscription(self, enrollment: ServiceUnderTest, course: Any) -> None:
        paid = course(price=Decimal("49.00"))
        await enrollment.deliver(paid)
        enrollment.peers.answer("catalog", "/internal/courses/5/", paid)
        refused = await enroll(enrollment)
        assert (refused.status_code, refused.json()["code"]) == (403, "SUBSCRIPTION_REQUIRED")
        assert (await enroll(enrollment, caller=user(7, premium=True))).status_code == 201

    async def test_a_discount_to_nothing_opens_it_until_it_ends(
        self, enrollment: ServiceUnderTest, course: Any
    ) -> None:
        soon, past = datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC) - timedelta(seconds=1)
        await enrollment.deliver(course(price=Decimal(49), discount_price=Decimal(0), discount_ends=soon))
        assert (await enroll(enrollment)).status_code == 201
        ended = course(price=Decimal(49), discount_price=Decimal(0), discount_ends=past, version=2)
        await enrollment.deliver(ended)
        enrollment.peers.answer("catalog", "/internal/courses/5/", ended)
        assert (await enroll(enrollment, caller=user(8))).status_code == 403

    async def test_staff_and_administrators_need_none(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course(price=Decimal(49)))
        assert (await enroll(enrollment, caller=user(500, "instructor"))).status_code == 201
        assert (await enroll(enrollment, caller=user(1, "administrator"))).status_code == 201


class TestAskingTheCatalog:
    async def test_a_course_not_known_yet_is_learned(
        self, enrollment: ServiceUnderTest, course: Any, progress_of: Any
    ) -> None:
        enrollment.peers.answer("catalog", "/internal/courses/5/", course())
        assert (await enroll(enrollment)).status_code == 201
        assert list(await progress_of()) == [11, 12, 13]

    async def test_by_slug_too(self, enrollment: ServiceUnderTest, course: Any) -> None:
        enrollment.peers.answer("catalog", "/internal/courses/", course())
        assert (await enroll(enrollment, "first-aid")).status_code == 201
        assert enrollment.peers.asked == [("catalog", "/internal/courses/", {"slug": "first-aid"})]

    async def test_a_lagging_copy_turns_nobody_away(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course(is_draft=True, is_published=False, lessons=[]))
        enrollment.peers.answer("catalog", "/internal/courses/5/", course(version=2))
        answer = await enroll(enrollment)
        assert (answer.status_code, answer.json()["total_lessons"]) == (201, 3)

    async def test_ten_at_once_learn_one_course(
        self, enrollment: ServiceUnderTest, course: Any, assert_counters_right: Any
    ) -> None:
        enrollment.peers.answer("catalog", "/internal/courses/5/", course())
        answers = await asyncio.gather(*(enroll(enrollment, caller=user(100 + n)) for n in range(10)))
        assert [answer.status_code for answer in answers] == [201] * 10
        await assert_counters_right()

    async def test_while_the_catalog_is_down_nobody_is_told_no(self, enrollment: ServiceUnderTest, course: Any) -> None:
        unknown = await enroll(enrollment)
        await enrollment.deliver(course(price=Decimal(49)))
        unsure = await enroll(enrollment)
        assert [unknown.status_code, unsure.status_code] == [503, 503]
        assert unknown.headers["Retry-After"]

    @pytest.mark.parametrize(
        ("state", "expected"),
        [
            (None, (404, "NOT_FOUND")),
            ({"is_draft": True, "is_published": False}, (404, "NOT_FOUND")),
            ({"is_deleted": True}, (404, "NOT_FOUND")),
            ({"is_published": False}, (400, "COURSE_NOT_AVAILABLE")),
        ],
    )
    async def test_what_the_owner_refuses_is_refused(
        self, enrollment: ServiceUnderTest, course: Any, state: Any, expected: Any
    ) -> None:
        known: CourseState | None = None if state is None else course(**state)
        enrollment.peers.answer("catalog", "/internal/courses/5/", known)
        answer = await enroll(enrollment)
        assert (answer.status_code, answer.json()["code"]) == expected

    async def test_staff_know_that_their_draft_exists(self, enrollment: ServiceUnderTest, course: Any) -> None:
        enrollment.peers.answer("catalog", "/internal/courses/5/", course(is_draft=True, is_published=False))
        answer = await enroll(enrollment, caller=user(500, "instructor"))
        assert (answer.status_code, answer.json()["code"]) == (400, "COURSE_NOT_AVAILABLE")


async def unenroll(service: ServiceUnderTest, enrollment_id: int, user_id: int = 7) -> Any:
    async with service.client(user(user_id)) as client:
        return await client.post(f"/api/enrollments/{enrollment_id}/unenroll/")


class TestGivingUp:
    async def test_a_learner_gives_up_and_comes_back_to_the_same_progress(
        self, enrollment: ServiceUnderTest, course: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        first = (await enroll(enrollment)).json()
        await write_progress(11, is_completed=True, time_spent=60)

        gone = await unenroll(enrollment, first["id"])
        again = await enroll(enrollment)

        assert (gone.status_code, gone.json()["status"]) == (200, "unenrolled")
        assert again.status_code == 200
        body = again.json()
        assert (body["id"], body["status"], body["completed_lessons"], body["progress_percentage"]) == (
            first["id"], "active", 1, 33,
        )  # fmt: skip
        assert body["total_time_spent"] == 60
        told = await enrollment.events(EnrollmentUnenrolled, EnrollmentReactivated)
        assert [(type(event), event.version, event.may_read) for event in told] == [
            (EnrollmentUnenrolled, 3, False),
            (EnrollmentReactivated, 4, True),
        ]

    async def test_giving_up_twice_is_told_once(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        first = (await enroll(enrollment)).json()
        answers = await asyncio.gather(*(unenroll(enrollment, first["id"]) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(await enrollment.events(EnrollmentUnenrolled)) == 1

    async def test_coming_back_ten_times_at_once_is_told_once(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        first = (await enroll(enrollment)).json()
        await unenroll(enrollment, first["id"])
        answers = await asyncio.gather(*(enroll(enrollment) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9
        assert len(await enrollment.events(EnrollmentReactivated)) == 1

    async def test_coming_back_needs_what_enrolling_needs(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        first = (await enroll(enrollment)).json()
        await unenroll(enrollment, first["id"])
        unpublished = course(is_published=False, version=2)
        await enrollment.deliver(unpublished)
        enrollment.peers.answer("catalog", "/internal/courses/5/", unpublished)
        assert (await enroll(enrollment)).json()["code"] == "COURSE_NOT_AVAILABLE"

    async def test_a_complete_enrollment_comes_back_complete(
        self, enrollment: ServiceUnderTest, course: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11]))
        first = (await enroll(enrollment)).json()
        await write_progress(11, is_completed=True)
        await unenroll(enrollment, first["id"])
        body = (await enroll(enrollment)).json()
        assert (body["status"], body["progress_percentage"]) == ("completed", 100)
        assert len(await enrollment.events(EnrollmentCompleted)) == 1

    async def test_others_enrollments_do_not_exist(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        first = (await enroll(enrollment)).json()
        assert (await unenroll(enrollment, first["id"], user_id=8)).status_code == 404
        assert (await unenroll(enrollment, 999_999)).status_code == 404
        assert (await unenroll(enrollment, 10**30)).status_code == 400
