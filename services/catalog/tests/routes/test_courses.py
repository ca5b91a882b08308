"""Courses over HTTP: rights, fields, lists, and the events that tell of them."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from shared.contracts.catalog.events import (
    CourseCreated,
    CourseDeleted,
    CoursePublished,
    CourseUnpublished,
    CourseUpdated,
)
from shared.testing import ServiceUnderTest, user

BODY: dict[str, Any] = {"title": "Databases", "description": "d" * 60}


class TestCreate:
    async def test_a_new_course_is_a_draft_that_its_creator_leads(self, catalog: ServiceUnderTest, teacher) -> None:
        answer = await teacher.post("/api/courses/", json=BODY)
        assert answer.status_code == 201
        course = answer.json()
        assert (course["is_draft"], course["is_published"], course["published_date"]) == (True, False, None)
        assert course["instructors"] == [
            {"id": 7, "name": "Grace Teacher", "is_lead": True, "title": "", "bio": "", "is_active": True}
        ]
        assert course["versions"] == {"family_id": course["id"], "version": 1.0, "parent_version": None, "count": 1}
        assert (course["price"], course["current_price"], course["is_free"]) == ("490.00", "490.00", False)
        assert (course["level"], course["language"], course["creation_method"]) == ("all_levels", "en", "builder")
        assert course["category"]["slug"] == "general"
        assert (course["completion_percentage"], course["completion_status"]) == (25, "partially_complete")
        assert course["created_date"].endswith("Z")

    async def test_it_is_told_with_its_whole_state(self, catalog: ServiceUnderTest, teacher) -> None:
        course = (await teacher.post("/api/courses/", json={**BODY, "price": 20})).json()
        [event] = await catalog.events()
        assert isinstance(event, CourseCreated)
        assert (event.course_id, event.version, event.slug, str(event.price)) == (
            course["id"],
            1,
            "databases",
            "20.00",
        )
        assert [(member.user_id, member.name, member.is_lead) for member in event.staff] == [(7, "Grace Teacher", True)]

    async def test_the_same_title_gets_another_slug(self, teacher: httpx.AsyncClient) -> None:
        slugs = [(await teacher.post("/api/courses/", json=BODY)).json()["slug"] for _ in range(3)]
        assert slugs == ["databases", "databases-2", "databases-3"]

    async def test_many_at_once_get_a_slug_each(self, catalog: ServiceUnderTest) -> None:
        clients = [catalog.client(user(number, "instructor")) for number in (7, 8, 9)]
        answers = await asyncio.gather(*(clients[n % 3].post("/api/courses/", json=BODY) for n in range(9)))
        assert {answer.status_code for answer in answers} == {201}
        assert {a.json()["slug"] for a in answers} == {"databases", *(f"databases-{n}" for n in range(2, 10))}

    @pytest.mark.parametrize(
        ("title", "slug"),
        [
            ("2024", "course-2024"),
            ("Featured", "course-featured"),
            ("!!!", "course"),
            ("Überblick & C++", "uberblick-c"),
        ],
    )
    async def test_a_slug_is_never_an_id_or_a_route(self, teacher: httpx.AsyncClient, title: str, slug: str) -> None:
        course = (await teacher.post("/api/courses/", json={**BODY, "title": title})).json()
        assert course["slug"] == slug
        assert (await teacher.get(f"/api/courses/{slug}/")).json()["id"] == course["id"]

    async def test_who_may_create(self, guest, student, admin) -> None:
        assert (await guest.post("/api/courses/", json=BODY)).json()["code"] == "AUTHENTICATION_REQUIRED"
        refused = await student.post("/api/courses/", json=BODY)
        assert (refused.status_code, refused.json()["code"]) == (403, "ROLE_REQUIRED")
        assert (await admin.post("/api/courses/", json=BODY)).status_code == 201

    async def test_only_an_administrator_features(self, teacher, admin) -> None:
        course = (await teacher.post("/api/courses/", json={**BODY, "is_featured": True})).json()
        assert course["is_featured"] is False
        featured = await admin.patch(f"/api/courses/{course['id']}/", json={"is_featured": True})
        assert featured.json()["is_featured"] is True
        kept = await teacher.patch(f"/api/courses/{course['id']}/", json={"is_featured": False})
        assert kept.json()["is_featured"] is True

    async def test_read_only_and_unknown_fields_are_ignored(self, teacher: httpx.AsyncClient) -> None:
        course = (
            await teacher.post(
                "/api/courses/",
                json={**BODY, "id": 99, "slug": "mine", "is_published": True, "avg_rating": 5, "nonsense": 1},
            )
        ).json()
        assert (course["slug"], course["is_published"], course["avg_rating"]) == ("databases", False, 0.0)

    async def test_html_is_made_safe(self, teacher: httpx.AsyncClient) -> None:
        text = "<p onclick='x()'>R&amp;D " + "d" * 60 + "</p><script>alert(1)</script>"
        course = (await teacher.post("/api/courses/", json={**BODY, "description": text})).json()
        assert course["description"] == "<p>R&amp;D " + "d" * 60 + "</p>"
        plain = (await teacher.post("/api/courses/", json={**BODY, "description": "R&D > talk " + "d" * 60})).json()
        assert plain["description"].startswith("R&D > talk")
        empty = await teacher.post("/api/courses/", json={**BODY, "description": f"<script>{'d' * 60}</script>"})
        assert (empty.status_code, list(empty.json())) == (400, ["description"])

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("title", "ab"),
            ("title", "   a   "),
            ("title", "x" * 161),
            ("title", "two\nlines"),
            ("title", "nul\0character"),
            ("title", "\ud800 surrogate"),
            ("title", None),
            ("title", 5),
            ("subtitle", "x" * 256),
            ("subtitle", None),
            ("description", "too short"),
            ("description", " " * 60),
            ("description", "d" * 20_001),
            ("category", "no-such-category"),
            ("category", "no such category"),
            ("category", 999_999),
            ("category", 10**30),
            ("category", None),
            ("category", []),
            ("price", "-0.01"),
            ("price", 10_000.01),
            ("price", "1e400"),
            ("price", "NaN"),
            ("price", "1.005"),
            ("price", "cheap"),
            ("price", None),
            ("discount_price", "490.00"),
            ("discount_price", -1),
            ("discount_ends", "tomorrow"),
            ("discount_ends", "2030-01-01T00:00:00"),
            ("discount_ends", "0001-01-01T00:00:00+14:00"),
            ("discount_ends", "9999-12-31T23:59:59-14:00"),
            ("discount_ends", 1e300),
            ("requirements", ["ab"]),
            ("requirements", ["abc"] * 21),
            ("requirements", ["x" * 301]),
            ("requirements", ["nul\0!!"]),
            ("requirements", "abc"),
            ("requirements", [1]),
            ("requirements", None),
            ("learning_objectives", ["abcd"]),
            ("learning_objectives", ["abcde"] * 16),
            ("skills", [""]),
            ("skills", ["x"] * 51),
            ("tags", ["x"]),
            ("tags", ["xx"] * 21),
            ("target_audience", "x" * 20_001),
            ("level", "expert"),
            ("language", "english please"),
            ("creation_method", ""),
            ("has_certificate", "perhaps"),
        ],
    )
    async def test_bad_values_are_named(self, catalog, teacher, field: str, value: Any) -> None:
        answer = await teacher.post(
            "/api/courses/", content=json.dumps({**BODY, field: value}), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, answer.text
        assert [key.split(".")[0] for key in answer.json()] == [field]
        assert await catalog.events() == []

    async def test_what_is_not_json_is_400(self, teacher: httpx.AsyncClient) -> None:
        for content in (b"{", b"[]", b"null", b'{"price": ' + b"1" * 5000 + b"}", b"\xff"):
            answer = await teacher.post("/api/courses/", content=content, headers={"Content-Type": "application/json"})
            assert answer.status_code == 400, content[:20]


class TestRead:
    async def test_by_slug_and_by_id(self, guest: httpx.AsyncClient, published) -> None:
        course = await published()
        by_slug, by_id = [await guest.get(f"/api/courses/{ref}/") for ref in (course["slug"], course["id"])]
        assert by_slug.status_code == by_id.status_code == 200
        assert by_slug.json() == by_id.json()
        [outlined] = by_slug.json()["modules"]
        assert outlined["lessons"][0] == {
            "id": outlined["lessons"][0]["id"],
            "title": "Keys",
            "order": 1,
            "type": "video",
            "access_level": "registered",
            "is_free_preview": False,
            "duration_minutes": None,
            "has_assessment": False,
            "has_lab": False,
            "resources_count": 0,
            "assessment_id": None,
        }

    @pytest.mark.parametrize(
        "ref", ["nothing", "0", "999999", "9" * 30, "-1", "a%00b", "A B", "x" * 300, "%F0%9F%98%80"]
    )
    async def test_what_is_not_there_is_404(self, teacher: httpx.AsyncClient, ref: str) -> None:
        for answer in (await teacher.get(f"/api/courses/{ref}/"), await teacher.put(f"/api/courses/{ref}/publish/")):
            assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")

    async def test_a_draft_is_shown_to_its_staff_only(self, catalog, course, teacher, colleague, admin, student, guest):
        draft = await course()
        path = f"/api/courses/{draft['slug']}/"
        answers = [(await client.get(path)).status_code for client in (teacher, admin, colleague, student, guest)]
        assert answers == [200, 200, 404, 404, 404]
        assert catalog.peers.asked == []

    async def test_modules_that_are_not_published_are_shown_to_staff_only(self, published, module, teacher, guest):
        course = await published()
        await module(course["id"], title="Hidden")
        path = f"/api/courses/{course['id']}/"
        assert [m["title"] for m in (await teacher.get(path)).json()["modules"]] == ["Tables", "Hidden"]
        assert [m["title"] for m in (await guest.get(path)).json()["modules"]] == ["Tables"]

    async def test_the_price_follows_the_discount(self, teacher, guest, published) -> None:
        course = await published(price=100, discount_price="40.5", discount_ends="2199-01-01T00:00:00+02:00")
        path = f"/api/courses/{course['id']}/"
        on = (await guest.get(path)).json()
        assert (on["price"], on["discount_price"], on["current_price"]) == ("100.00", "40.50", "40.50")
        assert on["discount_ends"] == "2198-12-31T22:00:00Z"
        over = await teacher.patch(path, json={"discount_ends": "2001-01-01T00:00:00Z"})
        assert over.json()["current_price"] == "100.00"
        free = await teacher.patch(path, json={"discount_price": 0, "discount_ends": None})
        assert (free.json()["current_price"], free.json()["is_free"]) == ("0.00", True)


class TestChange:
    async def test_patch_takes_any_subset(self, catalog, teacher, course) -> None:
        draft = await course(subtitle="Old", tags=["sql"])
        changed = (await teacher.patch(f"/api/courses/{draft['slug']}/", json={"subtitle": "New"})).json()
        assert changed["subtitle"] == "New"
        assert (changed["title"], changed["tags"], changed["slug"]) == ("Databases", ["sql"], "databases")
        created, updated = await catalog.events()
        assert isinstance(updated, CourseUpdated)
        assert (created.version, updated.version, updated.subtitle) == (1, 2, "New")

    async def test_put_needs_the_required_fields_and_keeps_the_rest(self, teacher, course) -> None:
        draft = await course(subtitle="Kept", price=20)
        path = f"/api/courses/{draft['id']}/"
        assert sorted((await teacher.put(path, json={"subtitle": "x"})).json()) == ["description", "title"]
        changed = (await teacher.put(path, json={"title": "Queries", "description": "q" * 50})).json()
        assert (changed["title"], changed["subtitle"], changed["price"]) == ("Queries", "Kept", "20.00")

    async def test_a_discount_stays_below_the_price(self, teacher, course) -> None:
        draft = await course(price=100, discount_price=50)
        refused = await teacher.patch(f"/api/courses/{draft['id']}/", json={"price": 50})
        assert refused.status_code == 400
        assert "below the price" in refused.json()["discount_price"][0]
        gone = await teacher.patch(f"/api/courses/{draft['id']}/", json={"price": 50, "discount_price": None})
        assert gone.json()["discount_price"] is None

    async def test_others_may_not(self, course, published, colleague, student, guest, admin) -> None:
        draft, shown = await course(), await published()
        change = {"subtitle": "Mine"}
        assert (await guest.patch(f"/api/courses/{shown['id']}/", json=change)).status_code == 401
        assert (await student.patch(f"/api/courses/{shown['id']}/", json=change)).json()["code"] == "ROLE_REQUIRED"
        refused = await colleague.patch(f"/api/courses/{shown['id']}/", json=change)
        assert (refused.status_code, refused.json()["code"]) == (403, "PERMISSION_DENIED")
        assert (await colleague.patch(f"/api/courses/{draft['id']}/", json=change)).status_code == 404
        assert (await colleague.delete(f"/api/courses/{draft['id']}/")).status_code == 404
        assert (await admin.patch(f"/api/courses/{draft['id']}/", json=change)).status_code == 200

    async def test_an_instructor_who_lost_the_role_is_no_longer_staff(self, catalog, course) -> None:
        draft = await course()
        demoted = catalog.client(user(7, "student"))
        assert (await demoted.get(f"/api/courses/{draft['id']}/")).status_code == 404
        assert (await demoted.patch(f"/api/courses/{draft['id']}/", json={})).json()["code"] == "ROLE_REQUIRED"

    async def test_two_changes_at_once_are_two_revisions(self, catalog, teacher, course) -> None:
        draft = await course()
        path = f"/api/courses/{draft['id']}/"
        answers = await asyncio.gather(*(teacher.patch(path, json={"subtitle": f"{n}"}) for n in range(6)))
        assert {answer.status_code for answer in answers} == {200}
        assert [event.version for event in await catalog.events()] == [1, 2, 3, 4, 5, 6, 7]

    async def test_a_category_by_id_or_slug(self, admin, teacher, course) -> None:
        made = (await admin.post("/api/categories/", json={"name": "Data"})).json()
        draft = await course(category="data")
        assert draft["category"] == {"id": made["id"], "name": "Data", "slug": "data"}
        path = f"/api/courses/{draft['id']}/"
        assert (await teacher.patch(path, json={"category": "general"})).json()["category"]["name"] == "General"
        assert (await teacher.patch(path, json={"category": made["id"]})).json()["category"]["name"] == "Data"
        await admin.patch("/api/categories/data/", json={"is_active": False})
        assert (await teacher.patch(path, json={"category": made["id"]})).status_code == 200
        assert (await teacher.post("/api/courses/", json={**BODY, "category": "data"})).status_code == 400


class TestPublish:
    async def test_everything_that_is_missing_is_named(self, catalog, teacher) -> None:
        draft = (await teacher.post("/api/courses/", json=BODY)).json()
        refused = await teacher.put(f"/api/courses/{draft['id']}/publish/")
        assert refused.status_code == 400
        assert sorted(refused.json()) == ["learning_objectives", "lessons", "modules"]
        assert len(await catalog.events()) == 1

    async def test_it_can_be_found_with_its_modules(self, catalog, published, guest) -> None:
        course = await published()
        assert (course["is_draft"], course["is_published"], course["completion_status"]) == (False, True, "published")
        assert course["published_date"] is not None
        [event] = await catalog.events(CoursePublished)
        assert [module.is_published for module in event.modules] == [True]
        assert [card["id"] for card in (await guest.get("/api/courses/")).json()["results"]] == [course["id"]]

    async def test_modules_stay_hidden_when_asked(self, course, module, lesson, teacher) -> None:
        draft = await course()
        await lesson((await module(draft["id"]))["id"])
        answer = await teacher.put(f"/api/courses/{draft['id']}/publish/", json={"publish_modules": False})
        assert [m["is_published"] for m in answer.json()["modules"]] == [False]

    async def test_again_changes_nothing(self, catalog, published, teacher) -> None:
        course = await published()
        before = await catalog.events()
        again = await teacher.put(f"/api/courses/{course['id']}/publish/", json={})
        assert again.json() == course
        assert await catalog.events() == before

    async def test_unpublished_it_cannot_be_found(self, catalog, published, teacher, guest) -> None:
        course = await published()
        for _ in range(2):
            answer = await teacher.put(f"/api/courses/{course['slug']}/unpublish/")
            assert (answer.status_code, answer.json()["is_published"], answer.json()["is_draft"]) == (200, False, False)
        assert len(await catalog.events(CourseUnpublished)) == 1
        assert (await guest.get(f"/api/courses/{course['slug']}/")).status_code == 404
        assert (await guest.get("/api/courses/")).json()["count"] == 0

    async def test_completion_grows_with_the_course(self, course, module, lesson, teacher) -> None:
        draft = await course()
        path = f"/api/courses/{draft['id']}/"
        steps = [draft["completion_percentage"]]
        section = await module(draft["id"])
        steps.append((await teacher.get(path)).json()["completion_percentage"])
        await lesson(section["id"])
        done = (await teacher.get(path)).json()
        assert [*steps, done["completion_percentage"]] == [50, 75, 100]
        assert done["completion_status"] == "complete"


class TestDelete:
    async def test_it_is_gone_for_everybody(self, catalog, published, teacher, admin, guest) -> None:
        course = await published()
        path = f"/api/courses/{course['id']}/"
        assert (await teacher.delete(path)).status_code == 204
        for client in (teacher, admin, guest):
            assert (await client.get(path)).status_code == 404
        assert (await teacher.delete(path)).status_code == 404
        assert (await teacher.patch(path, json={})).status_code == 404
        assert (await guest.get("/api/courses/")).json()["count"] == 0
        lesson_id = course["modules"][0]["lessons"][0]["id"]
        assert (await admin.get(f"/api/lessons/{lesson_id}/")).status_code == 404
        [event] = await catalog.events(CourseDeleted)
        assert event.is_deleted
        assert not event.is_published

    async def test_its_slug_is_not_given_again(self, course, teacher) -> None:
        draft = await course()
        await teacher.delete(f"/api/courses/{draft['id']}/")
        assert (await course())["slug"] == "databases-2"
