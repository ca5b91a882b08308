"""Lessons over HTTP: writing them, and reading them with and without the enrollment service."""

import asyncio
from datetime import UTC, datetime

import pytest

from catalog.commands import ordering
from shared.contracts.catalog.events import CourseUpdated
from shared.contracts.enrollment.events import EnrollmentCreated, EnrollmentState
from shared.testing import ServiceUnderTest, user

ASK = "/internal/enrollments/"


def enrollment(course_id: int, *, user_id: int = 20, status: str = "active", version: int = 1) -> dict:
    return {
        "enrollment_id": 500 + user_id,
        "user_id": user_id,
        "course_id": course_id,
        "status": status,
        "progress_percentage": 0,
        "completed_lessons": 0,
        "total_lessons": 1,
        "created_date": datetime(2030, 1, 1, tzinfo=UTC),
        "version": version,
    }


class TestWrite:
    async def test_a_new_lesson(self, catalog, course, module, lesson) -> None:
        draft = await course()
        section = await module(draft["id"])
        made = await lesson(section["id"], type="reading", duration_minutes=25, has_lab=True)
        assert (made["module"], made["course"], made["order"]) == (section["id"], draft["id"], 1)
        assert (made["content"], made["content_tier"]) == ("<p>The full content</p>", "full")
        assert (made["access_level"], made["has_assessment"], made["has_lab"]) == ("registered", False, True)
        [*_, event] = await catalog.events(CourseUpdated)
        [told] = event.modules[0].lessons
        assert (told.lesson_id, told.title, told.type, told.duration_minutes) == (made["id"], "Keys", "reading", 25)

    async def test_durations_roll_up(self, course, module, lesson, teacher) -> None:
        draft = await course()
        sections = [await module(draft["id"]) for _ in range(2)]
        first = await lesson(sections[0]["id"], duration_minutes=30)
        await lesson(sections[0]["id"])
        await lesson(sections[1]["id"], duration_minutes=12)

        async def durations() -> tuple:
            body = (await teacher.get(f"/api/courses/{draft['id']}/")).json()
            return body["duration_minutes"], [m["duration_minutes"] for m in body["modules"]], body["lessons_count"]

        assert await durations() == (42, [30, 12], 3)
        await teacher.patch(f"/api/lessons/{first['id']}/", json={"duration_minutes": 5})
        assert await durations() == (17, [5, 12], 3)
        await teacher.delete(f"/api/lessons/{first['id']}/")
        assert await durations() == (12, [None, 12], 2)

    async def test_bodies_are_made_safe(self, course, module, lesson, teacher) -> None:
        section = await module((await course())["id"])
        unsafe = "<script>alert(1)</script><p onclick=x>Something to read</p>"
        made = await lesson(
            section["id"], content=unsafe, guest_content=unsafe, registered_content=unsafe, transcript=unsafe
        )
        safe = "<p>Something to read</p>"
        assert [made[f] for f in ("content", "guest_content", "registered_content", "transcript")] == [safe] * 4
        gone = await teacher.patch(f"/api/lessons/{made['id']}/", json={"content": "<script>nothing else</script>"})
        assert (gone.status_code, list(gone.json())) == (400, ["content"])

    async def test_guest_level_needs_guest_content(self, course, module, lesson, teacher) -> None:
        section = await module((await course())["id"])
        body = {"module": section["id"], "title": "Keys", "content": "c" * 10, "access_level": "guest"}
        for given in ({}, {"guest_content": None}, {"guest_content": "  "}, {"guest_content": "<script>x</script>"}):
            answer = await teacher.post("/api/lessons/", json={**body, **given})
            assert (answer.status_code, list(answer.json())) == (400, ["guest_content"])
        made = await lesson(section["id"], access_level="guest", guest_content="Look")
        refused = await teacher.patch(f"/api/lessons/{made['id']}/", json={"guest_content": None})
        assert (refused.status_code, list(refused.json())) == (400, ["guest_content"])

    async def test_put_keeps_what_is_left_out(self, course, module, lesson, teacher) -> None:
        section = await module((await course())["id"])
        made = await lesson(section["id"], transcript="words", video_url="https://youtu.be/dQw4w9WgXcQ")
        path = f"/api/lessons/{made['id']}/"
        assert sorted((await teacher.put(path, json={})).json()) == ["content", "module", "title"]
        body = {"module": section["id"], "title": "Renamed", "content": "Other content", "transcript": None}
        changed = (await teacher.put(path, json=body)).json()
        assert (changed["title"], changed["transcript"], changed["video_url"], changed["order"]) == (
            "Renamed",
            None,
            "https://youtu.be/dQw4w9WgXcQ",
            1,
        )

    async def test_it_moves_within_its_course(self, course, module, lesson, teacher) -> None:
        draft = await course()
        here, there, foreign = [(await module(c["id"]))["id"] for c in (draft, draft, await course())]
        moving, _ = await lesson(here), await lesson(there)
        path = f"/api/lessons/{moving['id']}/"
        assert (await teacher.patch(path, json={"module": there, "order": 1})).status_code == 400
        moved = (await teacher.patch(path, json={"module": there})).json()
        assert (moved["module"], moved["order"]) == (there, 2)
        for module_id in (foreign, 999_999):
            answer = await teacher.patch(path, json={"module": module_id})
            assert (answer.status_code, list(answer.json())) == (400, ["module"])

    async def test_places(self, monkeypatch, course, module, lesson, teacher) -> None:
        section = await module((await course())["id"])
        ids = [made["id"] for made in await asyncio.gather(*(lesson(section["id"]) for _ in range(4)))]
        path = f"/api/modules/{section['id']}/lessons/order/"
        answer = await teacher.put(path, json={"ids": ids[::-1]})
        assert [(one["id"], one["order"]) for one in answer.json()["lessons"]] == [
            (number, place) for place, number in enumerate(ids[::-1], start=1)
        ]
        assert (await teacher.put(path, json={"ids": ids[1:]})).status_code == 400
        body = {"module": section["id"], "title": "Keys", "content": "c" * 10}
        assert list((await teacher.post("/api/lessons/", json={**body, "order": 2})).json()) == ["order"]
        monkeypatch.setattr(ordering, "MOST_LESSONS", 4)
        assert list((await teacher.post("/api/lessons/", json=body)).json()) == ["non_field_errors"]

    async def test_who_may(self, course, published, module, guest, student, colleague) -> None:
        shown, hidden = await published(), await module((await course())["id"])
        module_id = shown["modules"][0]["id"]
        lesson_id = shown["modules"][0]["lessons"][0]["id"]
        body = {"module": module_id, "title": "Mine", "content": "c" * 10}
        assert (await guest.post("/api/lessons/", json=body)).status_code == 401
        assert (await student.post("/api/lessons/", json=body)).json()["code"] == "ROLE_REQUIRED"
        assert (await colleague.post("/api/lessons/", json=body)).json()["code"] == "PERMISSION_DENIED"
        assert list((await colleague.post("/api/lessons/", json={**body, "module": hidden["id"]})).json()) == ["module"]
        assert (await colleague.delete(f"/api/lessons/{lesson_id}/")).json()["code"] == "PERMISSION_DENIED"
        assert (await colleague.patch("/api/lessons/999999/", json={})).status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            {"module": 999_999},
            {"module": 0},
            {"module": 10**30},
            {"module": "x"},
            {"title": "a"},
            {"title": "a\tb"},
            {"content": "too short"},
            {"content": "  short  \n\n  "},
            {"content": "nul\0" * 10},
            {"content": "x" * 200_001},
            {"content": None},
            {"guest_content": "x" * 200_001},
            {"transcript": "\0"},
            {"type": "dance"},
            {"access_level": "gold"},
            {"video_url": "https://example.org/"},
            {"video_url": "https://youtu.be/" + "x" * 500},
            {"video_url": None},
            {"duration_minutes": -1},
            {"duration_minutes": 10_081},
            {"duration_minutes": 10**30},
            {"duration_minutes": 1.5},
            {"order": 0},
            {"is_free_preview": None},
        ],
    )
    async def test_bad_values_are_named(self, course, module, teacher, body: dict) -> None:
        section = await module((await course())["id"])
        whole = {"module": section["id"], "title": "Keys", "content": "c" * 10, **body}
        answer = await teacher.post("/api/lessons/", json=whole)
        assert (answer.status_code, list(answer.json())) == (400, list(body))


class TestLists:
    async def test_carry_no_content(self, published, guest, teacher) -> None:
        await published({"guest_content": "Look"})
        for client in (guest, teacher):
            [card] = (await client.get("/api/lessons/")).json()["results"]
            assert not {"content", "guest_content", "registered_content", "transcript", "video_url"} & set(card)

    async def test_filters(self, published, lesson, course, module, guest, teacher) -> None:
        shown = await published()
        section = shown["modules"][0]["id"]
        await lesson(section, title="Preview", is_free_preview=True, type="quiz", access_level="premium")
        await lesson((await module((await course())["id"]))["id"], title="Of a draft")

        async def titles(query: str, client=guest) -> list[str]:
            return [card["title"] for card in (await client.get(f"/api/lessons/?{query}")).json()["results"]]

        assert await titles("") == await titles(f"module={section}") == ["Keys", "Preview"]
        assert await titles(f"course={shown['slug']}") == await titles(f"course={shown['id']}") == ["Keys", "Preview"]
        for query in ("access_level=premium", "type=quiz", "free_preview=true"):
            assert await titles(query) == ["Preview"]
        assert await titles("ordering=-title") == ["Preview", "Keys"]
        assert await titles("", teacher) == ["Keys", "Preview", "Of a draft"]
        for query in ("access_level=gold", "type=x", "module=0", "course=a%20b", "free_preview=x"):
            assert (await guest.get(f"/api/lessons/?{query}")).status_code == 400


class TestRead:
    @pytest.fixture
    async def shown(self, published) -> dict:
        """A published course whose lesson has only its full content."""
        return await published({"video_url": "https://youtu.be/dQw4w9WgXcQ", "transcript": "words"})

    @pytest.fixture
    def path(self, shown) -> str:
        return f"/api/lessons/{shown['modules'][0]['lessons'][0]['id']}/"

    async def test_those_with_full_access_are_not_asked_about(self, catalog: ServiceUnderTest, path, teacher, admin):
        premium = catalog.client(user(30, premium=True))
        for client, staff in ((teacher, True), (admin, True), (premium, False)):
            body = (await client.get(path)).json()
            assert (body["content_tier"], body["access"]["granted"]) == ("full", True)
            assert (body["video_url"], body["transcript"]) == ("https://youtu.be/dQw4w9WgXcQ", "words")
            assert staff or body["guest_content"] is None
        assert catalog.peers.asked == []

    async def test_a_guest_is_told_to_sign_in(self, catalog, path, guest) -> None:
        answer = await guest.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "AUTHENTICATION_REQUIRED")
        assert catalog.peers.asked == []

    async def test_the_owner_says_no(self, catalog, shown, path, student) -> None:
        catalog.peers.answer("enrollment", ASK, None)
        answer = await student.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "ENROLLMENT_REQUIRED")
        assert catalog.peers.asked == [("enrollment", ASK, {"user_id": 20, "course_id": shown["id"]})]

    async def test_who_enrolled_a_moment_ago_reads_at_once(self, catalog, shown, path, student, guest) -> None:
        catalog.peers.answer("enrollment", ASK, EnrollmentState(**enrollment(shown["id"])))
        for _ in range(2):
            assert (await student.get(path)).json()["content_tier"] == "full"
        assert len(catalog.peers.asked) == 1
        await catalog.deliver(EnrollmentCreated(**enrollment(shown["id"])))
        assert (await guest.get(f"/api/courses/{shown['id']}/")).json()["enrolled_students_count"] == 1

    async def test_many_who_ask_at_once_are_counted_once(self, catalog, shown, path, student, guest) -> None:
        catalog.peers.answer("enrollment", ASK, EnrollmentState(**enrollment(shown["id"])))
        answers = await asyncio.gather(*(student.get(path) for _ in range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert (await guest.get(f"/api/courses/{shown['id']}/")).json()["enrolled_students_count"] == 1

    async def test_a_suspended_learner_is_refused_by_the_owner(self, catalog, shown, path, student) -> None:
        catalog.peers.answer("enrollment", ASK, EnrollmentState(**enrollment(shown["id"], status="suspended")))
        for _ in range(2):
            assert (await student.get(path)).json()["code"] == "ENROLLMENT_REQUIRED"
        assert len(catalog.peers.asked) == 2
        restored = EnrollmentState(**enrollment(shown["id"], version=2))
        catalog.peers.answer("enrollment", ASK, restored)
        assert (await student.get(path)).status_code == 200

    async def test_with_the_owner_down_it_is_503(self, path, student) -> None:
        answer = await student.get(path)
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["Retry-After"]

    async def test_with_the_owner_down_lower_content_is_served(self, published, student) -> None:
        course = await published({"registered_content": "For members", "access_level": "premium"})
        body = (await student.get(f"/api/lessons/{course['modules'][0]['lessons'][0]['id']}/")).json()
        assert (body["content"], body["content_tier"]) == ("For members", "registered")
        assert body["access"] == {
            "granted": False,
            "user_level": "registered",
            "required_level": "premium",
            "code": "SUBSCRIPTION_REQUIRED",
            "message": body["access"]["message"],
        }
        assert (body["video_url"], body["transcript"], body["registered_content"]) == (None, None, None)

    async def test_a_free_preview_is_for_everybody(self, catalog, published, guest, student) -> None:
        course = await published({"is_free_preview": True, "access_level": "premium"})
        for client in (guest, student):
            answer = await client.get(f"/api/lessons/{course['modules'][0]['lessons'][0]['id']}/")
            assert (answer.status_code, answer.json()["content_tier"]) == (200, "full")
        assert catalog.peers.asked == []

    async def test_of_drafts_and_hidden_modules_there_is_none(self, catalog, course, module, lesson, shown, student):
        draft = await lesson((await module((await course())["id"]))["id"])
        hidden = await lesson((await module(shown["id"]))["id"], is_free_preview=True)
        for made in (draft, hidden):
            assert (await student.get(f"/api/lessons/{made['id']}/")).status_code == 404
        assert catalog.peers.asked == []


class TestUnpublished:
    @pytest.fixture
    async def gone(self, published, teacher) -> dict:
        course = await published()
        await teacher.put(f"/api/courses/{course['id']}/unpublish/")
        return course

    async def test_the_enrolled_keep_it(self, catalog, gone, student, guest) -> None:
        await catalog.deliver(EnrollmentCreated(**enrollment(gone["id"])))
        module_id = gone["modules"][0]["id"]
        lesson_id = gone["modules"][0]["lessons"][0]["id"]
        for path in (f"courses/{gone['slug']}", f"modules/{module_id}", f"lessons/{lesson_id}"):
            assert (await student.get(f"/api/{path}/")).status_code == 200
            assert (await guest.get(f"/api/{path}/")).status_code == 404
        assert [m["id"] for m in (await student.get("/api/modules/")).json()["results"]] == [module_id]
        assert (await student.get("/api/courses/")).json()["count"] == 0
        assert catalog.peers.asked == []

    async def test_the_owner_is_asked_before_it_is_404(self, catalog, gone, student) -> None:
        path = f"/api/courses/{gone['slug']}/"
        assert (await student.get(path)).status_code == 503
        catalog.peers.answer("enrollment", ASK, None)
        assert (await student.get(path)).status_code == 404
        catalog.peers.answer("enrollment", ASK, EnrollmentState(**enrollment(gone["id"])))
        assert (await student.get(path)).status_code == 200
