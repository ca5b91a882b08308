"""Clones and the families they make: numbers, titles, what is taken over, and changes of several at once."""

import asyncio
from typing import Any

import httpx
import pytest

from shared.contracts.catalog.events import CourseCloned, CourseCreated, CoursePublished, CourseUnpublished
from shared.contracts.enrollment.events import EnrollmentCreated
from shared.testing import ServiceUnderTest, user


async def cloned(client: httpx.AsyncClient, course: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/courses/{course['id']}/clone/", json=options)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


class TestClone:
    async def test_a_copy_is_a_draft_version_with_the_outline(self, published, teacher, admin) -> None:
        lesson = {"content": "<p>All of it</p>", "guest_content": "A bit", "has_lab": True, "duration_minutes": 7}
        source = await published(lesson, title="SQL", subtitle="Joins", tags=["sql"], price=50, discount_price=5)
        await admin.patch(f"/api/courses/{source['id']}/", json={"is_featured": True})
        copy = await cloned(teacher, source)
        assert (copy["title"], copy["slug"], copy["version"]) == ("SQL (v1.1)", "sql-v1-1", 1.1)
        assert copy["versions"] == {
            "family_id": source["id"],
            "version": 1.1,
            "parent_version": source["id"],
            "count": 2,
        }
        assert (copy["is_draft"], copy["is_published"], copy["is_featured"]) == (True, False, False)
        for field in ("subtitle", "tags", "price", "discount_price", "duration_minutes", "learning_objectives"):
            assert copy[field] == source[field]
        assert copy["duration_minutes"] == 7
        [module], [original] = copy["modules"], source["modules"]
        assert module["id"] != original["id"]
        [copied] = module["lessons"]
        full = (await teacher.get(f"/api/lessons/{copied['id']}/")).json()
        assert (full["content"], full["guest_content"], full["has_lab"]) == ("<p>All of it</p>", "A bit", True)

    async def test_it_is_told_with_which_lesson_became_which(self, catalog, published, module, lesson, teacher) -> None:
        source = await published()
        section = await module(source["id"], title="More")
        await lesson(section["id"], title="Second")
        source = (await teacher.get(f"/api/courses/{source['id']}/")).json()
        copy = await cloned(teacher, source)
        created, event = (await catalog.events())[-2:]
        assert isinstance(created, CourseCreated)
        assert isinstance(event, CourseCloned)
        assert (event.course_id, event.version, created.version) == (copy["id"], 2, 1)
        assert (event.source_course_id, event.copy_assessments) == (source["id"], True)
        old = {lesson["id"]: lesson["title"] for module in source["modules"] for lesson in module["lessons"]}
        new = {lesson["id"]: lesson["title"] for module in copy["modules"] for lesson in module["lessons"]}
        assert {old[before]: new[after] for before, after in event.lesson_ids.items()} == {
            "Keys": "Keys",
            "Second": "Second",
        }

    async def test_options(self, catalog, published, teacher, guest) -> None:
        source = await published()
        bare = await cloned(teacher, source, copy_modules=False, title="Bare")
        assert (bare["modules"], bare["title"], bare["lessons_count"]) == ([], "Bare", 0)
        [event] = await catalog.events(CourseCloned)
        assert (event.lesson_ids, event.copy_assessments) == ({}, False)
        await cloned(teacher, source, copy_assessments=False)
        assert not (await catalog.events(CourseCloned))[1].copy_assessments
        shown = await cloned(teacher, source, create_as_draft=False)
        assert (shown["is_draft"], shown["is_published"]) == (False, True)
        assert (await guest.get(f"/api/courses/{shown['slug']}/")).status_code == 200
        assert [type(event) for event in (await catalog.events())[-3:]] == [
            CourseCreated,
            CourseCloned,
            CoursePublished,
        ]

    async def test_what_cannot_be_published_is_not_made(self, catalog, published, teacher) -> None:
        source = await published()
        before = await catalog.events()
        answer = await teacher.post(
            f"/api/courses/{source['id']}/clone/", json={"copy_modules": False, "create_as_draft": False}
        )
        assert (answer.status_code, sorted(answer.json())) == (400, ["lessons", "modules"])
        assert await catalog.events() == before

    async def test_numbers_follow_the_highest_of_the_family(self, published, teacher) -> None:
        source = await published()
        copies = [await cloned(teacher, source) for _ in range(9)]
        assert [copy["version"] for copy in copies] == [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9]
        grandchild = await cloned(teacher, copies[0])
        assert (grandchild["version"], grandchild["parent_version"]) == (2.0, copies[0]["id"])
        assert grandchild["title"] == "Databases (v2.0)"
        await teacher.delete(f"/api/courses/{grandchild['id']}/")
        assert (await cloned(teacher, source))["version"] == 2.1

    async def test_many_at_once_get_a_number_each(self, published, teacher, admin) -> None:
        source = await published()
        other = await cloned(teacher, source)
        copies = await asyncio.gather(*(cloned((teacher, admin)[n % 2], (source, other)[n % 2]) for n in range(8)))
        assert sorted(copy["version"] for copy in copies) == [1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9]

    async def test_titles_differ_in_a_family(self, published, course, teacher) -> None:
        source = await published()
        refused = await teacher.post(f"/api/courses/{source['id']}/clone/", json={"title": " databases "})
        assert (refused.status_code, list(refused.json())) == (400, ["title"])
        copy = await cloned(teacher, source, title="Databases, second")
        path = f"/api/courses/{copy['id']}/"
        assert list((await teacher.patch(path, json={"title": "DATABASES"})).json()) == ["title"]
        assert (await teacher.patch(path, json={"title": "Databases, SECOND"})).status_code == 200
        assert (await course())["title"] == "Databases"  # of another family
        await teacher.delete(f"/api/courses/{source['id']}/")
        assert (await teacher.patch(path, json={"title": "Databases"})).status_code == 200

    async def test_two_that_take_the_same_title_at_once(self, published, teacher, admin) -> None:
        source = await published()
        copies = [await cloned(teacher, source) for _ in range(2)]
        answers = await asyncio.gather(
            *(teacher.patch(f"/api/courses/{copy['id']}/", json={"title": "Same"}) for copy in copies),
            admin.post(f"/api/courses/{source['id']}/clone/", json={"title": "same"}),
        )
        assert sorted(answer.status_code for answer in answers)[1:] == [400, 400]

    async def test_who_clones_leads(self, published, admin) -> None:
        copy = await cloned(admin, await published())
        assert [(one["id"], one["is_lead"]) for one in copy["instructors"]] == [(1, True)]

    async def test_who_may(self, published, course, guest, student, colleague) -> None:
        shown, draft = await published(), await course()
        answers = [await client.post(f"/api/courses/{shown['id']}/clone/") for client in (guest, student, colleague)]
        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
            (401, "AUTHENTICATION_REQUIRED"),
            (403, "ROLE_REQUIRED"),
            (403, "PERMISSION_DENIED"),
        ]
        assert (await colleague.post(f"/api/courses/{draft['id']}/clone/")).status_code == 404
        assert (await colleague.post("/api/courses/999/clone/")).status_code == 404

    @pytest.mark.parametrize(
        ("field", "value"),
        [("title", "ab"), ("title", "x" * 161), ("title", "a\0bc"), ("title", 5), ("copy_modules", "perhaps"),
         ("copy_modules", None), ("copy_assessments", []), ("create_as_draft", 7)],
    )  # fmt: skip
    async def test_bad_options_are_named(self, published, teacher, field: str, value: Any) -> None:
        answer = await teacher.post(f"/api/courses/{(await published())['id']}/clone/", json={field: value})
        assert (answer.status_code, list(answer.json())) == (400, [field])


class TestList:
    async def numbers(self, client: httpx.AsyncClient, ref: Any) -> list[float]:
        answer = await client.get(f"/api/courses/{ref}/versions/")
        assert answer.status_code == 200, answer.text
        return [version["version"] for version in answer.json()["results"]]

    async def test_others_see_those_published(self, catalog, published, teacher, admin, colleague, guest) -> None:
        source = await published()
        copy = await cloned(teacher, source)
        await cloned(teacher, copy, create_as_draft=False)
        await published(title="Of another family")
        for client in (teacher, admin):
            assert await self.numbers(client, copy["slug"]) == [1.0, 1.1, 1.2]
        for client in (guest, colleague, catalog.client(user(20, premium=True))):
            assert await self.numbers(client, source["id"]) == [1.0, 1.2]
        assert (await guest.get(f"/api/courses/{copy['id']}/versions/")).status_code == 404
        cards = (await teacher.get(f"/api/courses/{source['id']}/versions/")).json()["results"]
        assert [card["parent_version"] for card in cards] == [None, source["id"], copy["id"]]

    async def test_the_enrolled_see_one_that_was_unpublished(self, catalog, published, teacher, student, guest) -> None:
        source = await published()
        copy = await cloned(teacher, source, create_as_draft=False)
        await catalog.deliver(
            EnrollmentCreated(
                enrollment_id=1, user_id=20, course_id=source["id"], status="active", progress_percentage=0,
                completed_lessons=0, total_lessons=1, created_date="2030-01-01T00:00:00Z", version=1,
            )
        )  # fmt: skip
        await teacher.put(f"/api/courses/{source['id']}/unpublish/")
        assert await self.numbers(student, copy["id"]) == [1.0, 1.1]
        assert await self.numbers(guest, copy["id"]) == [1.1]

    async def test_pages_and_cursors(self, published, teacher) -> None:
        source = await published()
        for _ in range(2):
            await cloned(teacher, source)
        page = (await teacher.get(f"/api/courses/{source['id']}/versions/?page_size=2&ordering=-version")).json()
        assert (page["count"], [one["version"] for one in page["results"]]) == (3, [1.2, 1.1])
        seen, link = [], f"/api/courses/{source['id']}/versions/?cursor=&page_size=1"
        while link:
            page = (await teacher.get(link.replace("http://127.0.0.1:8000", ""))).json()
            seen += [one["version"] for one in page["results"]]
            link = page["next"]
        assert seen == [1.0, 1.1, 1.2]


class TestBulk:
    async def change(self, client: httpx.AsyncClient, ref: Any, action: str, ids: list[int]) -> list[dict[str, Any]]:
        answer = await client.post(f"/api/courses/{ref}/versions/bulk/", json={"action": action, "ids": ids})
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    async def test_each_has_its_result(self, catalog, published, teacher, guest) -> None:
        source = await published()
        copies = [await cloned(teacher, source, copy_modules=bool(n)) for n in range(2)]
        stranger = await published(title="Of another family")
        ids = [copies[1]["id"], copies[0]["id"], stranger["id"], 999_999, source["id"]]
        done = await self.change(teacher, source["slug"], "publish", ids)
        assert [(one["id"], one["done"], one["code"]) for one in done] == [
            (ids[0], True, None),
            (ids[1], False, "INVALID"),
            (ids[2], False, "NOT_FOUND"),
            (ids[3], False, "NOT_FOUND"),
            (ids[4], True, None),
        ]
        assert sorted(done[1]["fields"]) == ["lessons", "modules"]
        assert (await guest.get(f"/api/courses/{ids[0]}/")).status_code == 200
        assert {event.course_id for event in await catalog.events(CoursePublished)} == {
            ids[0],
            stranger["id"],
            source["id"],
        }

    async def test_archived_ones_come_back_by_publishing(self, catalog, published, teacher, guest) -> None:
        source = await published()
        path = f"/api/courses/{source['id']}/"
        for _ in range(2):
            assert (await self.change(teacher, source["id"], "archive", [source["id"]]))[0]["done"]
        assert len(await catalog.events(CourseUnpublished)) == 1
        assert (await guest.get(path)).status_code == 404
        assert (await teacher.get(path)).json()["completion_status"] == "archived"
        back = (await teacher.put(f"{path}publish/")).json()
        assert (back["is_published"], back["completion_status"]) == (True, "published")

    async def test_unpublish_and_delete(self, published, teacher) -> None:
        source = await published()
        copy = await cloned(teacher, source, create_as_draft=False)
        ids = [source["id"], copy["id"], copy["id"]]
        done = await self.change(teacher, source["id"], "unpublish", ids)
        assert [(one["id"], one["done"]) for one in done] == [(source["id"], True), (copy["id"], True)]
        assert all(one["done"] for one in await self.change(teacher, source["id"], "delete", ids))
        answer = await teacher.post(f"/api/courses/{copy['id']}/versions/bulk/", json={"action": "delete", "ids": ids})
        assert answer.status_code == 404

    async def test_only_ones_own(self, catalog, published, teacher, admin) -> None:
        source = await published()
        theirs = await cloned(admin, source)
        done = await self.change(teacher, source["id"], "publish", [theirs["id"], source["id"]])
        assert [(one["done"], one["code"]) for one in done] == [(False, "NOT_FOUND"), (True, None)]
        assert all(
            one["done"] for one in await self.change(admin, source["id"], "archive", [theirs["id"], source["id"]])
        )

    async def test_who_may(self, published, guest, student, colleague) -> None:
        source = await published()
        body = {"action": "delete", "ids": [source["id"]]}
        path = f"/api/courses/{source['id']}/versions/bulk/"
        answers = [await client.post(path, json=body) for client in (guest, student, colleague)]
        assert [answer.json()["code"] for answer in answers] == [
            "AUTHENTICATION_REQUIRED",
            "ROLE_REQUIRED",
            "PERMISSION_DENIED",
        ]

    async def test_several_that_cross(self, catalog: ServiceUnderTest, published, teacher, admin) -> None:
        source = await published()
        ids = [source["id"], *[(await cloned(teacher, source))["id"] for _ in range(3)]]
        answers = await asyncio.gather(
            self.change(teacher, source["id"], "publish", ids),
            self.change(admin, source["id"], "archive", ids[::-1]),
            self.change(teacher, source["id"], "unpublish", ids),
        )
        assert all(one["done"] for results in answers for one in results)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"ids": [1]}, "action"),
            ({"action": "burn", "ids": [1]}, "action"),
            ({"action": "publish"}, "ids"),
            ({"action": "publish", "ids": []}, "ids"),
            ({"action": "publish", "ids": list(range(1, 52))}, "ids"),
            ({"action": "publish", "ids": [0]}, "ids.0"),
            ({"action": "publish", "ids": [10**30]}, "ids.0"),
        ],
    )
    async def test_bad_bodies_are_named(self, published, teacher, body: dict[str, Any], field: str) -> None:
        answer = await teacher.post(f"/api/courses/{(await published())['id']}/versions/bulk/", json=body)
        assert (answer.status_code, list(answer.json())) == (400, [field])
