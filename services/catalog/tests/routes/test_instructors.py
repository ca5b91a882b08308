"""Who teaches a course: added by id or address, one lead always, told with the course."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.contracts.catalog.events import CourseUpdated
from shared.contracts.gateway.http import UserState
from shared.testing import ServiceUnderTest, user


def known(user_id: int, role: str = "instructor", *, is_active: bool = True, version: int = 1) -> UserState:
    return UserState(user_id=user_id, full_name=f"Name {user_id}", role=role, is_active=is_active, version=version)


@pytest.fixture
def people(catalog: ServiceUnderTest) -> None:
    """What the gateway knows: instructors 8 and 9, a student 20, a deactivated instructor 30, nobody else."""
    states = [known(8), known(9), known(20, "student"), known(30, is_active=False)]
    for state in states:
        catalog.peers.answer("gateway", f"/internal/users/{state.user_id}/", state)
    catalog.peers.answer("gateway", "/internal/users/404/", None)


def path(course: dict[str, Any], user_id: int | None = None) -> str:
    return f"/api/courses/{course['id']}/instructors/" + (f"{user_id}/" if user_id else "")


async def shown(client: httpx.AsyncClient, course: dict[str, Any]) -> list[tuple[int, bool, bool]]:
    answer = await client.get(path(course))
    assert answer.status_code == 200, answer.text
    return [(one["id"], one["is_lead"], one["is_active"]) for one in answer.json()["results"]]


@pytest.mark.usefixtures("people")
class TestAdd:
    async def test_by_id(self, catalog: ServiceUnderTest, course, teacher, guest) -> None:
        draft = await course()
        body = {"instructor": 8, "title": " Assistant ", "bio": "<p>Hi<script>x</script></p>", "id": 99}
        answer = await teacher.post(path(draft), json=body)
        assert (answer.status_code, answer.json()) == (
            201,
            {"id": 8, "name": "Name 8", "is_lead": False, "title": "Assistant", "bio": "<p>Hi</p>", "is_active": True},
        )
        [event] = await catalog.events(CourseUpdated)
        assert [(one.user_id, one.name, one.is_lead) for one in event.staff] == [
            (7, "Grace Teacher", True),
            (8, "Name 8", False),
        ]
        added = catalog.client(user(8, "instructor"))
        assert (await added.patch(f"/api/courses/{draft['id']}/", json={"subtitle": "Ours"})).status_code == 200

    async def test_by_address(self, catalog: ServiceUnderTest, course, teacher) -> None:
        draft = await course()
        catalog.peers.answer("gateway", "/internal/users/", known(9))
        assert (await teacher.post(path(draft), json={"email": " nine@example.com "})).json()["id"] == 9
        assert catalog.peers.asked == [("gateway", "/internal/users/", {"email": "nine@example.com"})]
        catalog.peers.answer("gateway", "/internal/users/", None)
        refused = await teacher.post(path(draft), json={"email": "no@example.com"})
        assert (refused.status_code, list(refused.json())) == (400, ["email"])

    @pytest.mark.parametrize("user_id", [404, 20, 30])
    async def test_only_active_users_with_the_role(self, catalog, course, teacher, user_id: int) -> None:
        draft = await course()
        answer = await teacher.post(path(draft), json={"instructor": user_id})
        assert (answer.status_code, list(answer.json())) == (400, ["instructor"])
        assert await catalog.events(CourseUpdated) == []
        catalog.peers.answer("gateway", "/internal/users/", known(20, "student"))
        by_address = await teacher.post(path(draft), json={"email": "a@example.com"})
        assert by_address.json() == {"email": answer.json()["instructor"]}

    async def test_a_copy_may_say_yes_and_only_the_owner_no(self, catalog, course, teacher) -> None:
        draft = await course()
        await catalog.client(user(8, "instructor")).post(
            "/api/courses/", json={"title": "Other", "description": "d" * 60}
        )
        assert (await teacher.post(path(draft), json={"instructor": 8})).status_code == 201
        assert catalog.peers.asked == []
        assert (await teacher.post(path(draft), json={"instructor": 31})).status_code == 503
        assert (await teacher.post(path(draft), json={"email": "x@example.com"})).status_code == 503

    async def test_once(self, catalog, course, teacher, admin) -> None:
        draft = await course()
        answers = await asyncio.gather(*(who.post(path(draft), json={"instructor": 8}) for who in (teacher, admin)))
        assert sorted(answer.status_code for answer in answers) == [201, 400]
        assert len(await catalog.events(CourseUpdated)) == 1

    async def test_not_without_end(self, catalog, course, teacher) -> None:
        draft = await course()
        for user_id in range(100, 150):
            catalog.peers.answer("gateway", f"/internal/users/{user_id}/", known(user_id))
            answer = await teacher.post(path(draft), json={"instructor": user_id})
        assert (answer.status_code, list(answer.json())) == (400, ["non_field_errors"])
        assert "at most 50" in answer.json()["non_field_errors"][0]

    async def test_as_the_lead(self, course, teacher) -> None:
        draft = await course()
        added = await teacher.post(path(draft), json={"instructor": 8, "is_lead": True})
        assert added.json()["is_lead"] is True
        assert await shown(teacher, draft) == [(8, True, True), (7, False, True)]
        refused = await teacher.post(path(draft), json={"instructor": 9, "is_lead": True, "is_active": False})
        assert list(refused.json()) == ["is_active"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "non_field_errors"),
            ({"instructor": None}, "non_field_errors"),
            ({"instructor": 8, "email": "a@example.com"}, "non_field_errors"),
            ({"instructor": 0}, "instructor"),
            ({"instructor": 10**30}, "instructor"),
            ({"instructor": "eight"}, "instructor"),
            ({"email": "nobody"}, "email"),
            ({"email": "a\0@example.com"}, "email"),
            ({"email": "a" * 250 + "@example.com"}, "email"),
            ({"instructor": 8, "title": "x" * 101}, "title"),
            ({"instructor": 8, "title": None}, "title"),
            ({"instructor": 8, "bio": "x" * 20_001}, "bio"),
            ({"instructor": 8, "is_lead": "perhaps"}, "is_lead"),
            ({"instructor": 8, "is_active": None}, "is_active"),
        ],
    )
    async def test_bad_bodies_are_named(self, course, teacher, body: dict[str, Any], field: str) -> None:
        answer = await teacher.post(path(await course()), json=body)
        assert (answer.status_code, list(answer.json())) == (400, [field])


@pytest.mark.usefixtures("people")
class TestLead:
    @pytest.fixture
    async def taught(self, course, teacher) -> dict[str, Any]:
        """A course of 7, who leads, 8 and 9."""
        draft: dict[str, Any] = await course()
        for user_id in (8, 9):
            assert (await teacher.post(path(draft), json={"instructor": user_id})).status_code == 201
        return draft

    async def test_it_is_passed_on(self, catalog, taught, teacher) -> None:
        answer = await teacher.patch(path(taught, 8), json={"is_lead": True, "title": "Head"})
        assert (answer.status_code, answer.json()["is_lead"], answer.json()["title"]) == (200, True, "Head")
        assert await shown(teacher, taught) == [(8, True, True), (7, False, True), (9, False, True)]
        assert [one.is_lead for one in (await catalog.events())[-1].staff] == [True, False, False]

    async def test_by_who_has_it_or_an_administrator(self, catalog, taught, admin) -> None:
        assistant = catalog.client(user(8, "instructor"))
        refused = await assistant.patch(path(taught, 8), json={"is_lead": True})
        assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")
        assert (await admin.patch(path(taught, 9), json={"is_lead": True})).json()["is_lead"] is True

    async def test_there_is_always_one(self, taught, teacher) -> None:
        refusals = [
            await teacher.patch(path(taught, 7), json={"is_lead": False}),
            await teacher.patch(path(taught, 7), json={"is_active": False}),
            await teacher.patch(path(taught, 8), json={"is_lead": True, "is_active": False}),
            await teacher.delete(path(taught, 7)),
        ]
        assert [(answer.status_code, list(answer.json())) for answer in refusals] == [
            (400, ["is_lead"]),
            (400, ["is_active"]),
            (400, ["is_active"]),
            (400, ["is_lead"]),
        ]
        assert (await teacher.patch(path(taught, 7), json={"is_lead": True, "is_active": True})).status_code == 200
        assert (await shown(teacher, taught))[0] == (7, True, True)

    async def test_also_when_passed_to_several_at_once(self, taught, admin, teacher) -> None:
        answers = await asyncio.gather(
            *(admin.patch(path(taught, user_id), json={"is_lead": True}) for user_id in (7, 8, 9, 8, 7, 9)),
            admin.delete(path(taught, 8)),
        )
        assert {answer.status_code for answer in answers} <= {200, 204, 400, 404}
        assert [lead for _, lead, _ in await shown(admin, taught)].count(True) == 1

    async def test_who_is_not_active_is_no_longer_staff(self, catalog, taught, teacher, guest) -> None:
        assert (await teacher.patch(path(taught, 8), json={"is_active": False})).json()["is_active"] is False
        assistant = catalog.client(user(8, "instructor"))
        assert (await assistant.patch(f"/api/courses/{taught['id']}/", json={})).status_code == 404
        assert await shown(teacher, taught) == [(7, True, True), (8, False, False), (9, False, True)]
        assert [one.user_id for one in (await catalog.events())[-1].staff] == [7, 9]

    async def test_who_is_removed_is_gone(self, catalog, taught, teacher) -> None:
        assert (await teacher.delete(path(taught, 8))).status_code == 204
        assert (await teacher.delete(path(taught, 8))).status_code == 404
        assert (await teacher.patch(path(taught, 8), json={})).status_code == 404
        assert [one.user_id for one in (await catalog.events())[-1].staff] == [7, 9]
        assert (await catalog.client(user(8, "instructor")).get(path(taught))).status_code == 404

    async def test_one_may_leave(self, catalog, taught) -> None:
        assistant = catalog.client(user(8, "instructor"))
        assert (await assistant.delete(path(taught, 8))).status_code == 204


@pytest.mark.usefixtures("people")
class TestRights:
    async def test_of_a_published_course(self, catalog, published, guest, student, colleague, teacher, admin) -> None:
        course = await published()
        clients = (guest, student, colleague, catalog.client(user(21, premium=True)))
        codes = ["AUTHENTICATION_REQUIRED", "ROLE_REQUIRED", "PERMISSION_DENIED", "ROLE_REQUIRED"]
        for client, code in zip(clients, codes, strict=True):
            answers = [
                await client.post(path(course), json={"instructor": 9}),
                await client.patch(path(course, 7), json={"title": "x"}),
                await client.delete(path(course, 7)),
            ]
            assert [answer.json()["code"] for answer in answers] == [code] * 3
            assert await shown(client, course) == [(7, True, True)]
        assert catalog.peers.asked == []
        assert (await admin.post(path(course), json={"instructor": 9})).status_code == 201

    async def test_of_a_draft(self, course, guest, student, colleague, admin) -> None:
        draft = await course()
        assert [(await client.get(path(draft))).status_code for client in (guest, student, colleague)] == [404] * 3
        assert (await colleague.post(path(draft), json={"instructor": 9})).status_code == 404
        assert (await colleague.delete(path(draft, 7))).status_code == 404
        assert await shown(admin, draft) == [(7, True, True)]

    @pytest.mark.parametrize("user_id", ["0", "x", "9" * 30])
    async def test_ids_that_are_none(self, course, teacher, user_id: str) -> None:
        answer = await teacher.patch(f"{path(await course())}{user_id}/", json={})
        assert (answer.status_code, list(answer.json())) == (400, ["user_id"])
