"""Forgetting a user, and telling them before what is held."""

from shared.auth import ServiceCaller
from shared.contracts.catalog.events import (
    CatalogUserDataErased,
    CategoryCreated,
    CategoryDeleted,
    CategoryUpdated,
    CourseUpdated,
)
from shared.contracts.gateway.events import UserErased, UserUpdated
from shared.testing import user

TEACHER = user(7, "instructor", name="Grace Teacher")
ERASED = UserErased(user_id=7, full_name="", role="instructor", is_active=False, version=5)


class TestErasure:
    async def test_name_and_texts_go(self, catalog, course, teacher, admin) -> None:
        made = await course()
        path = f"/api/courses/{made['id']}/instructors/7/"
        await teacher.patch(path, json={"title": "Professor", "bio": "Born in Bonn"})
        gateway = catalog.client(ServiceCaller("gateway"))
        held = (await gateway.get("/internal/users/7/export/")).json()
        assert held["users"][0]["full_name"] == "Grace Teacher"
        assert (held["course_instructors"][0]["bio"], held["enrollments"]) == ("Born in Bonn", [])
        await catalog.deliver(ERASED, ERASED)
        late = UserUpdated(user_id=7, full_name="Grace Teacher", role="instructor", is_active=True, version=4)
        await catalog.deliver(late)
        [told, again] = await catalog.events(CatalogUserDataErased)
        assert (told.user_id, told.version, told.erased) == (7, 5, {"users": 1, "course_instructors": 1})
        assert again.erased["course_instructors"] == 0
        assert (await catalog.events(CourseUpdated))[-1].staff[0].name == ""
        [shown] = (await admin.get(f"/api/courses/{made['id']}/")).json()["instructors"]
        assert (shown["name"], shown["title"], shown["bio"]) == ("", "", "")

    async def test_one_nobody_knows(self, catalog) -> None:
        await catalog.deliver(ERASED)
        assert len(await catalog.events(CatalogUserDataErased)) == 1

    async def test_only_services_may_ask(self, catalog, admin, guest) -> None:
        for path in ("/internal/users/7/export/", "/internal/analytics/system/"):
            assert [(await who.get(path)).status_code for who in (guest, admin)] == [401, 404]


async def test_counts(catalog, published, course) -> None:
    await published()
    await course()
    answer = await catalog.client(ServiceCaller("gateway")).get("/internal/analytics/system/")
    assert answer.json() == {
        "courses": {
            "total": 2,
            "published": 1,
            "drafts": 1,
            "archived": 0,
            "categories": 1,
            "modules": 1,
            "lessons": 1,
            "resources": 0,
        }
    }


async def test_categories_are_told(catalog, admin) -> None:
    made = (await admin.post("/api/categories/", json={"name": "Art"})).json()
    await admin.patch("/api/categories/art/", json={"name": "Fine art"})
    await admin.delete("/api/categories/art/")
    created, updated, deleted = await catalog.events(CategoryCreated, CategoryUpdated, CategoryDeleted)
    assert (created.name, updated.name, deleted.slug) == ("Art", "Fine art", "art")
    assert [event.version for event in (created, updated, deleted)] == [1, 2, 3]
    assert created.category_id == made["id"]


async def test_resources_are_found(teacher, student, published, course, module, lesson) -> None:
    body = await published()
    hidden = await lesson((await module((await course())["id"]))["id"])
    for lesson_id in (body["modules"][0]["lessons"][0]["id"], hidden["id"]):
        fields = {"lesson": lesson_id, "title": "Cheat sheets", "type": "link", "url": "https://example.com/x"}
        assert (await teacher.post("/api/resources/", json=fields)).status_code == 201
    path = "/api/search/resources/"
    [found] = (await student.get(path, params={"q": "cheat sheet"})).json()["results"]
    assert (found["resource"]["title"], found["course"]["slug"]) == ("Cheat sheets", body["slug"])
    assert (await teacher.get(path, params={"q": "sheet"})).json()["count"] == 2
    assert (await student.get(path, params={"q": "sheet", "type": "video"})).json()["count"] == 0
