"""A course's learners, as its staff see and manage them."""

import asyncio
from typing import Any

import pytest

from shared.auth import Identity
from shared.contracts.enrollment.events import EnrollmentRestored, EnrollmentSuspended
from shared.testing import ServiceUnderTest, user

TEACHER = user(500, "instructor")


async def learners(service: ServiceUnderTest, caller: Identity = TEACHER, ref: Any = 5, **params: Any) -> Any:
    async with service.client(caller) as client:
        return await client.get(f"/api/courses/{ref}/enrollments/", params=params)


async def manage(service: ServiceUnderTest, enrollment_id: int, body: Any, caller: Identity = TEACHER) -> Any:
    async with service.client(caller) as client:
        return await client.patch(f"/api/courses/5/enrollments/{enrollment_id}/", json=body)


class TestListLearners:
    async def test_staff_see_all_and_filter(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course(), course(course_id=6, slug="second", lessons=[]))
        first, second = await enroll(7), await enroll(8)
        await enroll(7, ref=6)
        await manage(enrollment, first["id"], {"status": "suspended"})
        for ref in (5, "first-aid"):
            body = (await learners(enrollment, ref=ref)).json()
            assert [row["user"] for row in body["results"]] == [8, 7]
        active = (await learners(enrollment, status="active")).json()
        assert active["results"] == [second | {"user_name": "Ada Learner"}]
        cursor = (await learners(enrollment, cursor="", page_size=1)).json()
        assert (cursor["results"][0]["user"], cursor["next"] is not None) == (8, True)

    async def test_administrators_too(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course(is_draft=True, is_published=False))
        assert (await learners(enrollment, user(1, "administrator"))).json()["count"] == 0

    async def test_new_staff_are_learned_from_the_catalog(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course(staff=[]))
        assert (await learners(enrollment)).status_code == 503
        enrollment.peers.answer("catalog", "/internal/courses/5/", course(version=2))
        assert (await learners(enrollment)).status_code == 200

    @pytest.mark.parametrize(
        ("caller", "state", "expected"),
        [
            (user(7), {}, (403, "ROLE_REQUIRED")),
            (user(501, "instructor"), {}, (403, "PERMISSION_DENIED")),
            (user(501, "instructor"), {"is_published": False}, (404, "NOT_FOUND")),
            (user(500, "instructor"), {"is_deleted": True}, (404, "NOT_FOUND")),
            (user(1, "administrator"), {"is_deleted": True}, (404, "NOT_FOUND")),
            (user(501, "instructor"), None, (404, "NOT_FOUND")),
        ],
    )
    async def test_refusals(
        self, enrollment: ServiceUnderTest, course: Any, caller: Identity, state: Any, expected: Any
    ) -> None:
        enrollment.peers.answer("catalog", "/internal/courses/5/", None if state is None else course(**state))
        answer = await learners(enrollment, caller)
        assert (answer.status_code, answer.json()["code"]) == expected


class TestSuspend:
    async def test_a_learner_is_shut_out_and_let_back_in(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        out = await manage(enrollment, first["id"], {"status": "suspended"})
        again = await manage(enrollment, first["id"], {"status": "suspended"})
        back = await manage(enrollment, first["id"], {"status": "active"})
        await manage(enrollment, first["id"], {"status": "active"})
        assert [answer.json()["status"] for answer in (out, again, back)] == ["suspended", "suspended", "active"]
        told = await enrollment.events(EnrollmentSuspended, EnrollmentRestored)
        assert [(type(event), event.version, event.may_read) for event in told] == [
            (EnrollmentSuspended, 2, False),
            (EnrollmentRestored, 3, True),
        ]

    async def test_five_at_once_are_told_once(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        await asyncio.gather(*(manage(enrollment, first["id"], {"status": "suspended"}) for _ in range(5)))
        assert len(await enrollment.events(EnrollmentSuspended)) == 1

    async def test_the_learner_cannot_get_around_it(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        await manage(enrollment, first["id"], {"status": "suspended"})
        async with enrollment.client(user(7)) as client:
            leaving = await client.post(f"/api/enrollments/{first['id']}/unenroll/")
            enrolling = await client.post("/api/courses/5/enroll/")
            lifting = await client.patch(f"/api/courses/5/enrollments/{first['id']}/", json={"status": "active"})
        assert [answer.json()["code"] for answer in (leaving, enrolling, lifting)] == [
            "PERMISSION_DENIED", "ALREADY_ENROLLED", "ROLE_REQUIRED",
        ]  # fmt: skip

    async def test_a_complete_enrollment_is_complete_again(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11]))
        first = await enroll()
        await write_progress(11, is_completed=True)
        await manage(enrollment, first["id"], {"status": "suspended"})
        body = (await manage(enrollment, first["id"], {"status": "active"})).json()
        assert (body["status"], body["progress_percentage"]) == ("completed", 100)

    async def test_what_was_given_up_cannot_be_managed(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        async with enrollment.client(user(7)) as client:
            await client.post(f"/api/enrollments/{first['id']}/unenroll/")
        for status in ("suspended", "active"):
            answer = await manage(enrollment, first["id"], {"status": status})
            assert (answer.status_code, list(answer.json())) == (400, ["status"])

    async def test_enrollments_of_other_courses_do_not_exist(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course(), course(course_id=6, slug="second", lessons=[], staff=[]))
        other = await enroll(ref=6)
        assert (await manage(enrollment, other["id"], {"status": "suspended"})).status_code == 404

    @pytest.mark.parametrize("body", [{}, {"status": None}, {"status": "completed"}, {"status": 1}])
    async def test_bad_bodies_name_the_field(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, body: Any
    ) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        answer = await manage(enrollment, first["id"], body)
        assert (answer.status_code, list(answer.json())) == (400, ["status"])
