"""Notes on lessons, private and shared."""

from typing import Any

import pytest

from shared.testing import ServiceUnderTest, user

TEACHER = user(500, "instructor")


async def ask(service: ServiceUnderTest, method: str, path: str = "", caller: Any = None, **given: Any) -> Any:
    async with service.client(caller or user(7)) as client:
        return await client.request(method, f"/api/notes/{path}", **given)


async def write(service: ServiceUnderTest, user_id: int = 7, **fields: Any) -> dict[str, Any]:
    body = {"lesson": 11, "content": "Press hard, and fast."} | fields
    answer = await ask(service, "POST", caller=user(user_id), json=body)
    assert answer.status_code == 201, answer.text
    written: dict[str, Any] = answer.json()
    return written


class TestCreate:
    async def test_private_by_default(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course())
        await enroll()
        body = await write(enrollment, content="  mine ", tags=["heart", " heart ", "exam"])
        assert body.pop("created_date") == body.pop("updated_date")
        assert body == {
            "id": body["id"], "user": 7, "user_name": "Ada Learner", "course": 5, "lesson": 11,
            "content": "mine", "is_private": True, "tags": ["heart", "exam"],
        }  # fmt: skip
        assert len(await enrollment.events()) == 1

    async def test_only_in_ones_courses(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course(hidden=[21]))
        first = await enroll()
        enrollment.peers.answer("catalog", "/internal/lessons/21/", course(hidden=[21]))
        enrollment.peers.answer("catalog", "/internal/lessons/99/", None)
        outcomes = []
        for caller, lesson in (
            (user(8), 11),
            (user(7), 21),
            (user(7), 99),
            (user(7), 98),
            (TEACHER, 21),
            (TEACHER, 11),
        ):
            answer = await ask(enrollment, "POST", caller=caller, json={"lesson": lesson, "content": "x"})
            outcomes.append((answer.status_code, answer.json().get("code")))
        assert outcomes == [
            (403, "ENROLLMENT_REQUIRED"), (404, "NOT_FOUND"), (404, "NOT_FOUND"), (503, "SERVICE_UNAVAILABLE"),
            (201, None), (201, None),
        ]  # fmt: skip
        async with enrollment.client(user(7)) as client:
            await client.post(f"/api/enrollments/{first['id']}/unenroll/")
        assert (await ask(enrollment, "POST", json={"lesson": 11, "content": "x"})).status_code == 403

    async def test_a_lesson_not_known_yet_is_asked_for(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        enrollment.peers.answer("catalog", "/internal/lessons/14/", course(lessons=[11, 14], version=2))
        await write(enrollment, lesson=14)

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"content": "   "}, "content"),
            ({"content": "x" * 10_001}, "content"),
            ({"content": "\0"}, "content"),
            ({"content": None}, "content"),
            ({"tags": ["x"]}, "tags.0"),
            ({"tags": ["fine", "x" * 51]}, "tags.1"),
            ({"tags": [f"tag {number}" for number in range(11)]}, "tags"),
            ({"tags": "heart"}, "tags"),
            ({"tags": None}, "tags"),
            ({"is_private": "no"}, "is_private"),
            ({"lesson": 0}, "lesson"),
            ({"lesson": 2**63}, "lesson"),
            ({"lesson": None}, "lesson"),
        ],
    )
    async def test_bad_bodies_name_the_field(self, enrollment: ServiceUnderTest, change: Any, field: str) -> None:
        answer = await ask(enrollment, "POST", json={"lesson": 11, "content": "x"} | change)
        assert (answer.status_code, list(answer.json())) == (400, [field])


class TestChange:
    async def test_put_patch_delete(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course())
        await enroll()
        path = f"{(await write(enrollment, tags=['heart']))['id']}/"
        put = (await ask(enrollment, "PUT", path, json={"content": "new", "lesson": 12})).json()
        patched = (await ask(enrollment, "PATCH", path, json={"is_private": False, "tags": []})).json()
        assert (put["content"], put["tags"], put["lesson"]) == ("new", ["heart"], 11)
        assert (patched["content"], patched["tags"], patched["is_private"]) == ("new", [], False)
        assert list((await ask(enrollment, "PUT", path, json={"tags": []})).json()) == ["content"]
        statuses = [(await ask(enrollment, method, path)).status_code for method in ("DELETE", "DELETE", "GET")]
        assert statuses == [204, 404, 404]

    @pytest.mark.parametrize(
        ("method", "is_private", "expected"),
        [
            ("GET", True, (401, 404, 200, 404, 404, 404, 404)),
            ("GET", False, (401, 404, 200, 200, 200, 404, 200)),
            ("PATCH", True, (401, 404, 200, 404, 404, 404, 404)),
            ("PATCH", False, (401, 404, 200, 403, 403, 404, 403)),
            ("DELETE", True, (401, 404, 204, 404, 404, 404, 404)),
            ("DELETE", False, (401, 404, 204, 403, 403, 404, 403)),
        ],
    )
    async def test_permissions(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, method: str, is_private: bool, expected: Any
    ) -> None:
        """Guest, premium, author, another enrolled, the course's teacher, another teacher, administrator."""
        await enrollment.deliver(course())
        await enroll(7)
        await enroll(8)
        callers = (
            user(9, premium=True), user(7), user(8), TEACHER, user(501, "instructor"), user(1, "administrator"),
        )  # fmt: skip
        statuses = []
        async with enrollment.client() as guest:
            statuses.append((await guest.request(method, "/api/notes/1/", json={"tags": []})).status_code)
        for caller in callers:
            note = await write(enrollment, is_private=is_private)
            answer = await ask(enrollment, method, f"{note['id']}/", caller, json={"tags": []})
            statuses.append(answer.status_code)
        assert tuple(statuses) == expected


class TestList:
    async def test_ones_own_with_filters(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course(), course(course_id=6, slug="second", lessons=[21]))
        await enroll()
        await enroll(ref=6)
        await enroll(8)
        first = await write(enrollment, content="100% of the Heart", tags=["heart", "exam"])
        second = await write(enrollment, lesson=12, content="Lungs", tags=["hearts"])
        third = await write(enrollment, lesson=21, content="Other")
        await write(enrollment, 8, is_private=False)
        ids = [third["id"], second["id"], first["id"]]
        for params, expected in (
            ({}, ids),
            ({"cursor": ""}, ids),
            ({"ordering": "created_date"}, ids[::-1]),
            ({"lesson": 12}, [second["id"]]),
            ({"course": "second"}, [third["id"]]),
            ({"course": 5}, ids[1:]),
            ({"tag": "heart"}, [first["id"]]),
            ({"search": "heart"}, [first["id"]]),
            ({"search": "0%"}, [first["id"]]),
            ({"search": "_"}, []),
        ):
            answer = await ask(enrollment, "GET", params=params)
            assert [row["id"] for row in answer.json()["results"]] == expected, params

    async def test_what_others_share(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course())
        for learner in (7, 8, 9):
            last = await enroll(learner)
        shared = await write(enrollment, 7, is_private=False)
        await write(enrollment, 7)
        async with enrollment.client(user(9)) as client:
            await client.post(f"/api/enrollments/{last['id']}/unenroll/")
        seen = {}
        for caller in (user(7), user(8), user(9), TEACHER, user(501, "instructor"), user(1, "administrator")):
            answer = await ask(enrollment, "GET", caller=caller, params={"shared": True})
            seen[caller.user_id] = [row["id"] for row in answer.json()["results"]]
        assert seen == {7: [], 8: [shared["id"]], 9: [], 500: [shared["id"]], 501: [], 1: [shared["id"]]}

    @pytest.mark.parametrize("params", [{"lesson": 0}, {"tag": "\0"}, {"search": "x" * 201}, {"ordering": "tags"}])
    async def test_bad_filters(self, enrollment: ServiceUnderTest, params: Any) -> None:
        answer = await ask(enrollment, "GET", params=params)
        assert (answer.status_code, list(answer.json())) == (400, list(params))
