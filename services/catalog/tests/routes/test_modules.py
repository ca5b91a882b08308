"""Modules over HTTP."""

import asyncio

import httpx
import pytest

from catalog.commands import ordering
from shared.contracts.catalog.events import CourseUpdated
from shared.testing import ServiceUnderTest


class TestCreate:
    async def test_takes_the_next_place_unless_one_is_given(self, course, module) -> None:
        draft = await course()
        first, fifth = await module(draft["id"]), await module(draft["slug"], order=5)
        last = await module(draft["id"])
        assert [m["order"] for m in (first, fifth, last)] == [1, 5, 6]
        assert (first["course"], first["is_published"], first["lessons"]) == (draft["id"], False, [])

    async def test_a_place_that_is_taken_is_400(self, course, module, teacher) -> None:
        draft = await course()
        section = await module(draft["id"])
        answer = await teacher.post("/api/modules/", json={"course": draft["id"], "title": "Other", "order": 1})
        assert (answer.status_code, list(answer.json())) == (400, ["order"])
        await module(draft["id"])
        moved = await teacher.patch(f"/api/modules/{section['id']}/", json={"order": 2})
        assert (moved.status_code, list(moved.json())) == (400, ["order"])
        assert (await teacher.patch(f"/api/modules/{section['id']}/", json={"order": 1})).status_code == 200
        assert (await teacher.patch(f"/api/modules/{section['id']}/", json={"order": 9})).json()["order"] == 9

    async def test_many_at_once_get_a_place_each(self, catalog, course, module) -> None:
        draft = await course()
        made = await asyncio.gather(*(module(draft["id"]) for _ in range(6)))
        assert sorted(m["order"] for m in made) == [1, 2, 3, 4, 5, 6]
        events = await catalog.events()
        assert [event.version for event in events] == [1, 2, 3, 4, 5, 6, 7]
        assert [len(event.modules) for event in events] == [0, 1, 2, 3, 4, 5, 6]

    async def test_a_course_holds_so_many(self, monkeypatch, course, module, teacher) -> None:
        monkeypatch.setattr(ordering, "MOST_MODULES", 2)
        draft = await course()
        for _ in range(2):
            await module(draft["id"])
        answer = await teacher.post("/api/modules/", json={"course": draft["id"], "title": "One too many"})
        assert (answer.status_code, list(answer.json())) == (400, ["non_field_errors"])

    async def test_who_may(self, course, published, guest, student, colleague, admin) -> None:
        draft, shown = await course(), await published()
        body = {"course": draft["id"], "title": "Mine"}
        assert (await guest.post("/api/modules/", json=body)).status_code == 401
        assert (await student.post("/api/modules/", json=body)).json()["code"] == "ROLE_REQUIRED"
        unknown = await colleague.post("/api/modules/", json=body)
        assert (unknown.status_code, list(unknown.json())) == (400, ["course"])
        seen = await colleague.post("/api/modules/", json={**body, "course": shown["slug"]})
        assert (seen.status_code, seen.json()["code"]) == (403, "PERMISSION_DENIED")
        assert (await admin.post("/api/modules/", json=body)).status_code == 201

    @pytest.mark.parametrize(
        "body",
        [
            {"course": "nothing"},
            {"course": 0},
            {"course": 10**30},
            {"course": None},
            {"course": "a\0b"},
            {"course": True},
            {"title": "a"},
            {"title": "x" * 256},
            {"title": "nul\0"},
            {"description": "x" * 20_001},
            {"description": None},
            {"order": 0},
            {"order": 10**30},
            {"order": None},
            {"is_published": 5},
        ],
    )
    async def test_bad_values_are_named(self, course, teacher, body: dict) -> None:
        draft = await course()
        answer = await teacher.post("/api/modules/", json={"course": draft["id"], "title": "Tables", **body})
        assert (answer.status_code, list(answer.json())) == (400, list(body))


class TestChange:
    async def test_put_and_patch(self, catalog, course, module, teacher) -> None:
        draft = await course()
        section = await module(draft["id"], description="Old")
        path = f"/api/modules/{section['id']}/"
        changed = (await teacher.patch(path, json={"is_published": True})).json()
        assert (changed["is_published"], changed["description"]) == (True, "Old")
        assert sorted((await teacher.put(path, json={})).json()) == ["course", "title"]
        replaced = await teacher.put(path, json={"course": draft["slug"], "title": "New", "description": "<b>x"})
        assert (replaced.json()["title"], replaced.json()["description"]) == ("New", "<b>x</b>")
        [*_, event] = await catalog.events(CourseUpdated)
        assert (event.modules[0].title, event.modules[0].is_published) == ("New", True)

    async def test_it_stays_in_its_course(self, course, module, teacher) -> None:
        draft, other = await course(), await course()
        section = await module(draft["id"])
        answer = await teacher.patch(f"/api/modules/{section['id']}/", json={"course": other["id"]})
        assert (answer.status_code, list(answer.json())) == (400, ["course"])

    async def test_deleted_it_takes_its_lessons_along(self, catalog, course, module, lesson, teacher) -> None:
        draft = await course()
        section = await module(draft["id"])
        reading = await lesson(section["id"], duration_minutes=30)
        assert (await teacher.delete(f"/api/modules/{section['id']}/")).status_code == 204
        assert (await teacher.get(f"/api/lessons/{reading['id']}/")).status_code == 404
        assert (await teacher.delete(f"/api/modules/{section['id']}/")).status_code == 404
        emptied = (await teacher.get(f"/api/courses/{draft['id']}/")).json()
        assert (emptied["duration_minutes"], emptied["lessons_count"], emptied["modules"]) == (None, 0, [])
        assert (await catalog.events())[-1].modules == []

    async def test_changing_while_it_is_deleted(self, catalog, course, module, teacher) -> None:
        section = await module((await course())["id"])
        path = f"/api/modules/{section['id']}/"
        answers = await asyncio.gather(
            teacher.delete(path), *(teacher.patch(path, json={"title": "Later"}) for _ in range(4))
        )
        assert {answer.status_code for answer in answers} <= {200, 204, 404}
        versions = [event.version for event in await catalog.events()]
        assert versions == list(range(1, len(versions) + 1))


class TestOrder:
    async def test_all_at_once(self, catalog, course, module, teacher) -> None:
        draft = await course()
        ids = [(await module(draft["id"], title=f"Part {n}"))["id"] for n in range(3)]
        wanted = [ids[2], ids[0], ids[1]]
        answer = await teacher.put(f"/api/courses/{draft['slug']}/modules/order/", json={"ids": wanted})
        assert answer.status_code == 200
        assert [(m["id"], m["order"]) for m in answer.json()["modules"]] == [(n, i + 1) for i, n in enumerate(wanted)]
        [*_, event] = await catalog.events(CourseUpdated)
        assert [module.module_id for module in event.modules] == wanted

    async def test_names_each_once(self, course, module, teacher, colleague) -> None:
        draft, other = await course(), await course()
        first, second, foreign = [(await module(c["id"]))["id"] for c in (draft, draft, other)]
        path = f"/api/courses/{draft['id']}/modules/order/"
        for ids in ([], [first], [first, first], [first, second, foreign], [first, foreign], [0, first], ["x"], None):
            answer = await teacher.put(path, json={"ids": ids})
            assert answer.status_code == 400, ids
            assert next(iter(answer.json())).startswith("ids")
        assert (await teacher.put(path, json={"ids": [1] * 201})).status_code == 400
        assert (await colleague.put(path, json={"ids": [first, second]})).status_code == 404


class TestRead:
    @pytest.fixture
    async def outline(self, published, module, course) -> dict[str, dict]:
        shown, draft = await published(), await course(title="Draft")
        return {"shown": shown, "hidden": await module(shown["id"], title="Hidden"), "draft": await module(draft["id"])}

    async def titles(self, client: httpx.AsyncClient, query: str = "") -> list[str]:
        return [m["title"] for m in (await client.get(f"/api/modules/?{query}")).json()["results"]]

    async def test_lists_show_what_one_may_know(self, outline, guest, teacher, colleague, admin) -> None:
        assert await self.titles(guest) == await self.titles(colleague) == ["Tables"]
        assert await self.titles(teacher) == await self.titles(admin) == ["Tables", "Hidden", "Tables"]
        course = outline["shown"]
        for query in (f"course={course['slug']}", f"course={course['id']}", f"course_id={course['id']}"):
            assert await self.titles(teacher, query) == ["Tables", "Hidden"]
        assert await self.titles(guest, "course=nothing") == []
        assert (await guest.get("/api/modules/?course=a%00b")).status_code == 400

    async def test_one(self, catalog: ServiceUnderTest, outline, guest, teacher, student) -> None:
        shown, hidden = outline["shown"]["modules"][0], outline["hidden"]
        assert (await guest.get(f"/api/modules/{shown['id']}/")).json()["lessons"] == shown["lessons"]
        for module_id in (hidden["id"], outline["draft"]["id"], 999_999):
            assert (await student.get(f"/api/modules/{module_id}/")).status_code == 404
        assert (await teacher.get(f"/api/modules/{hidden['id']}/")).status_code == 200
        assert catalog.peers.asked == []

    @pytest.mark.parametrize("module_id", ["0", "-1", "x", "9" * 30, "1.5", "%00"])
    async def test_ids_that_cannot_be(self, guest, module_id: str) -> None:
        assert (await guest.get(f"/api/modules/{module_id}/")).status_code in (400, 404)
