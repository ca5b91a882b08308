"""Categories over HTTP."""

import asyncio

import pytest


class TestRead:
    async def test_the_default_one_is_there(self, guest) -> None:
        [general] = (await guest.get("/api/categories/")).json()["results"]
        assert (general["name"], general["slug"], general["is_active"], general["course_count"]) == (
            "General",
            "general",
            True,
            0,
        )
        assert (await guest.get("/api/categories/general/")).json() == general

    async def test_by_sort_order_then_name(self, admin, guest) -> None:
        for name, place in (("Zebra", 1), ("Ant", 2), ("Bee", 1)):
            await admin.post("/api/categories/", json={"name": name, "sort_order": place})
        listed = (await guest.get("/api/categories/")).json()["results"]
        assert [category["name"] for category in listed] == ["General", "Bee", "Zebra", "Ant"]

    async def test_search_in_name_and_description(self, admin, guest) -> None:
        await admin.post("/api/categories/", json={"name": "Music", "description": "Pianos and 50% drums"})
        for words in ("MUSIC", "piano", "50%25"):
            assert (await guest.get(f"/api/categories/?search={words}")).json()["count"] == 1
        assert (await guest.get("/api/categories/?search=_")).json()["count"] == 0

    async def test_inactive_ones_are_for_administrators(self, admin, guest, teacher) -> None:
        await admin.post("/api/categories/", json={"name": "Old", "is_active": False})
        assert (await guest.get("/api/categories/")).json()["count"] == 1
        assert (await teacher.get("/api/categories/old/")).status_code == 404
        assert (await admin.get("/api/categories/old/")).status_code == 200
        assert (await admin.get("/api/categories/")).json()["count"] == 2

    async def test_course_count_counts_published_ones(self, published, course, guest) -> None:
        await course()
        await published()
        assert (await guest.get("/api/categories/general/")).json()["course_count"] == 1

    @pytest.mark.parametrize("slug", ["nothing", "a%00b", "x" * 300])
    async def test_nothing_there(self, guest, slug: str) -> None:
        assert (await guest.get(f"/api/categories/{slug}/")).status_code in (400, 404)


class TestWrite:
    async def test_is_for_administrators(self, guest, student, teacher) -> None:
        assert (await guest.post("/api/categories/", json={"name": "Data"})).status_code == 401
        for client in (student, teacher):
            for answer in (
                await client.post("/api/categories/", json={"name": "Data"}),
                await client.patch("/api/categories/general/", json={"name": "Data"}),
                await client.delete("/api/categories/general/"),
            ):
                assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_REQUIRED")

    async def test_put_and_patch(self, admin) -> None:
        made = await admin.post("/api/categories/", json={"name": "Data", "icon": "fa-db", "sort_order": 3})
        assert (made.status_code, made.json()["slug"]) == (201, "data")
        replaced = await admin.put("/api/categories/data/", json={"name": "Data science"})
        assert (replaced.json()["name"], replaced.json()["icon"], replaced.json()["slug"]) == (
            "Data science",
            "fa-db",
            "data",
        )
        assert (await admin.put("/api/categories/data/", json={"icon": ""})).json() == {
            "name": ["This field is required."]
        }
        assert (await admin.patch("/api/categories/data/", json={"name": "data SCIENCE"})).status_code == 200

    async def test_a_name_is_taken_in_any_case(self, admin) -> None:
        refused = await admin.post("/api/categories/", json={"name": "GENERAL"})
        assert (refused.status_code, list(refused.json())) == (400, ["name"])
        await admin.post("/api/categories/", json={"name": "Data"})
        assert (await admin.patch("/api/categories/data/", json={"name": "general"})).status_code == 400

    async def test_of_many_at_once_with_one_name_one_is_made(self, admin) -> None:
        answers = await asyncio.gather(*(admin.post("/api/categories/", json={"name": "Data"}) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, *[400] * 5]

    @pytest.mark.parametrize(
        "body",
        [
            {"name": "a"},
            {"name": " b "},
            {"name": "x" * 101},
            {"name": "a\0b"},
            {"name": None},
            {"description": "x" * 20_001},
            {"icon": "x" * 51},
            {"sort_order": -1},
            {"sort_order": 10**30},
            {"is_active": "maybe"},
        ],
    )
    async def test_bad_values_are_named(self, admin, body: dict) -> None:
        answer = await admin.patch("/api/categories/general/", json=body)
        assert (answer.status_code, list(answer.json())) == (400, list(body))


class TestDelete:
    async def test_not_while_a_course_is_in_it(self, admin, teacher, course) -> None:
        await admin.post("/api/categories/", json={"name": "Data"})
        draft = await course(category="data")
        refused = await admin.delete("/api/categories/data/")
        assert (refused.status_code, refused.json()["code"]) == (400, "CATEGORY_IN_USE")
        await teacher.delete(f"/api/courses/{draft['id']}/")
        assert (await admin.delete("/api/categories/data/")).status_code == 204
        assert (await admin.get("/api/categories/data/")).status_code == 404

    async def test_never_the_default_one(self, admin) -> None:
        assert (await admin.delete("/api/categories/general/")).json()["code"] == "CATEGORY_IN_USE"

    async def test_against_courses_made_meanwhile(self, admin, teacher) -> None:
        await admin.post("/api/categories/", json={"name": "Data"})
        body = {"title": "Databases", "description": "d" * 60, "category": "data"}
        gone, *made = await asyncio.gather(
            admin.delete("/api/categories/data/"), *(teacher.post("/api/courses/", json=body) for _ in range(4))
        )
        created = [answer.status_code for answer in made]
        assert set(created) <= {201, 400}
        assert gone.status_code == (400 if 201 in created else 204)
