"""Discussions, questions, announcements, and replies to them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from enrollment.schedules import ANNOUNCE, publish_announcements
from shared.contracts.enrollment.events import TopicDeleted, TopicEvent, TopicPublished, TopicReplied
from shared.testing import ServiceUnderTest, user

TEACHER, OTHER_TEACHER, ADMINISTRATOR = user(500, "instructor"), user(501, "instructor"), user(1, "administrator")
TOPICS = "/api/courses/5/topics/"
LATER = (datetime.now(UTC) + timedelta(days=1)).isoformat()


async def ask(service: ServiceUnderTest, method: str, path: str, caller: Any = None, **given: Any) -> Any:
    async with service.client(caller or user(7)) as client:
        return await client.request(method, path, **given)


async def open_topic(service: ServiceUnderTest, caller: Any = None, **fields: Any) -> dict[str, Any]:
    answer = await ask(service, "POST", TOPICS, caller, json={"title": "How deep?", "body": "Five or six?"} | fields)
    assert answer.status_code == 201, answer.text
    topic: dict[str, Any] = answer.json()
    return topic


async def reply(service: ServiceUnderTest, topic: Any, caller: Any = None, **fields: Any) -> dict[str, Any]:
    answer = await ask(service, "POST", f"/api/topics/{topic['id']}/replies/", caller, json={"body": "Five."} | fields)
    assert answer.status_code == 201, answer.text
    written: dict[str, Any] = answer.json()
    return written


async def listed(service: ServiceUnderTest, caller: Any = None, path: str = TOPICS, **params: Any) -> list[int]:
    answer = await ask(service, "GET", path, caller, params=params)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["results"]]


def assert_names(answer: Any, field: str) -> None:
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


@pytest.fixture
async def classroom(enrollment: ServiceUnderTest, course: Any, enroll: Any) -> ServiceUnderTest:
    """Learners 7 and 8 are enrolled, 9 has left; the catalog knows no more of the course than the copy."""
    await enrollment.deliver(course())
    for learner in (7, 8, 9):
        last = await enroll(learner)
    await ask(enrollment, "POST", f"/api/enrollments/{last['id']}/unenroll/", user(9))
    enrollment.peers.answer("catalog", "/internal/courses/5/", course())
    return enrollment


class TestTopics:
    async def test_a_question_is_opened_and_told(self, classroom: ServiceUnderTest) -> None:
        topic = await open_topic(classroom, kind="question", lesson=11, title=" How deep? ")
        assert topic["last_activity"] == topic["created_date"]
        assert topic | {"last_activity": 0, "created_date": 0} == {
            "id": topic["id"], "course": 5, "lesson": 11, "kind": "question", "title": "How deep?",
            "body": "Five or six?", "author": {"id": 7, "name": "Ada Learner", "role": "student"}, "publish_at": None,
            "pinned": False, "locked": False, "replies_count": 0, "last_activity": 0, "created_date": 0,
        }  # fmt: skip
        [told] = await classroom.events(TopicPublished)
        assert (told.version, told.topic_id, told.kind, told.title) == (1, topic["id"], "question", "How deep?")

    async def test_pinned_ones_and_then_the_liveliest_come_first(self, classroom: ServiceUnderTest) -> None:
        first, second, third = [await open_topic(classroom, title=f"Topic {number}") for number in range(3)]
        await ask(classroom, "PATCH", f"/api/topics/{second['id']}/", TEACHER, json={"pinned": True})
        await reply(classroom, first)
        ids = [second["id"], first["id"], third["id"]]
        assert await listed(classroom) == await listed(classroom, cursor="") == ids
        assert await listed(classroom, ordering="-created_date") == [third["id"], second["id"], first["id"]]
        assert await listed(classroom, search="TOPIC 2") == [third["id"]]
        assert await listed(classroom, kind="question") == await listed(classroom, lesson=12) == []

    async def test_an_announcement_waits_for_its_time(self, classroom: ServiceUnderTest) -> None:
        topic = await open_topic(classroom, TEACHER, kind="announcement", publish_at=LATER)
        path = f"/api/topics/{topic['id']}/"
        assert (await listed(classroom), await listed(classroom, TEACHER)) == ([], [topic["id"]])
        assert [(await ask(classroom, "GET", path, who)).status_code for who in (user(7), TEACHER)] == [404, 200]
        assert (await ask(classroom, "POST", f"{path}replies/", json={"body": "x"})).status_code == 404
        await ask(classroom, "PATCH", path, TEACHER, json={"title": "Exam"})
        assert not await ANNOUNCE.is_due(classroom.database)
        await publish_announcements(classroom.database)
        assert await classroom.events(TopicEvent) == []
        async with classroom.database.transaction() as session:
            await session.execute(text("UPDATE topics SET publish_at = now() - interval '1 second'"))
        assert await listed(classroom) == [topic["id"]]
        assert await ANNOUNCE.is_due(classroom.database)
        await asyncio.gather(*(publish_announcements(classroom.database, batch=1) for _ in range(3)))
        assert not await ANNOUNCE.is_due(classroom.database)
        [told] = await classroom.events(TopicEvent)
        assert (type(told), told.version, told.title) == (TopicPublished, 3, "Exam")
        moved = await ask(classroom, "PATCH", path, TEACHER, json={"publish_at": LATER})
        assert (moved.status_code, list(moved.json())) == (400, ["publish_at"])

    async def test_bringing_an_announcement_forward_tells_it(self, classroom: ServiceUnderTest) -> None:
        topic = await open_topic(classroom, TEACHER, kind="announcement", publish_at=LATER)
        await ask(classroom, "PATCH", f"/api/topics/{topic['id']}/", TEACHER, json={"publish_at": None})
        assert await listed(classroom) == [topic["id"]]
        assert len(await classroom.events(TopicPublished)) == 1

    async def test_delete(self, classroom: ServiceUnderTest) -> None:
        topic = await open_topic(classroom)
        answered = await reply(classroom, topic, user(8))
        path = f"/api/topics/{topic['id']}/"
        assert [(await ask(classroom, "DELETE", path)).status_code for _ in range(2)] == [204, 404]
        assert (await ask(classroom, "GET", f"/api/replies/{answered['id']}/")).status_code == 404
        [gone] = await classroom.events(TopicDeleted)
        assert (gone.version, gone.replies_count) == (3, 1)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"kind": "rant"}, "kind"),
            ({"kind": None}, "kind"),
            ({"title": " x "}, "title"),
            ({"title": "x" * 256}, "title"),
            ({"body": " "}, "body"),
            ({"body": "x" * 20_001}, "body"),
            ({"body": "\0"}, "body"),
            ({"lesson": 99}, "lesson"),
            ({"lesson": 2**63}, "lesson"),
            ({"publish_at": LATER}, "publish_at"),
            ({"publish_at": "2026-11-22T10:00:00", "kind": "announcement"}, "publish_at"),
            ({"publish_at": "9999-01-01T00:00:00Z", "kind": "announcement"}, "publish_at"),
            ({"pinned": "yes"}, "pinned"),
        ],
    )
    async def test_bad_bodies_name_the_field(self, classroom: ServiceUnderTest, body: Any, field: str) -> None:
        answer = await ask(classroom, "POST", TOPICS, TEACHER, json={"title": "Good", "body": "x"} | body)
        assert_names(answer, field)


class TestReplies:
    async def test_counted_told_and_threaded(self, classroom: ServiceUnderTest) -> None:
        topic = await open_topic(classroom)
        first = await reply(classroom, topic, user(8))
        second = await reply(classroom, topic, parent_id=first["id"], body="Six!")
        assert second | {"created_date": 0} == {
            "id": second["id"], "topic": topic["id"], "parent_id": first["id"], "body": "Six!",
            "author": {"id": 7, "name": "Ada Learner", "role": "student"}, "endorsed": False, "reported": False,
            "created_date": 0,
        }  # fmt: skip
        replies = f"/api/topics/{topic['id']}/replies/"
        assert await listed(classroom, path=replies) == await listed(classroom, path=replies, cursor="")
        assert (await ask(classroom, "GET", f"/api/topics/{topic['id']}/")).json()["replies_count"] == 2
        told = await classroom.events(TopicReplied)
        assert [(event.version, event.reply_user_id, event.parent_id) for event in told] == [
            (2, 8, None), (3, 7, first["id"]),
        ]  # fmt: skip
        await ask(classroom, "DELETE", f"/api/replies/{first['id']}/", user(8))
        [left] = (await ask(classroom, "GET", replies)).json()["results"]
        assert (left["id"], left["parent_id"]) == (second["id"], None)
        assert (await ask(classroom, "GET", f"/api/topics/{topic['id']}/")).json()["replies_count"] == 1

    async def test_many_at_once_are_all_counted(self, classroom: ServiceUnderTest) -> None:
        topic = await open_topic(classroom)
        written = await asyncio.gather(*(reply(classroom, topic, user(7 + number % 2)) for number in range(8)))
        deletions = (ask(classroom, "DELETE", f"/api/replies/{row['id']}/", TEACHER) for row in written[:3] * 2)
        assert sorted(answer.status_code for answer in await asyncio.gather(*deletions)) == [204] * 3 + [404] * 3
        assert (await ask(classroom, "GET", f"/api/topics/{topic['id']}/")).json()["replies_count"] == 5
        versions = [event.version for event in await classroom.events(TopicEvent)]
        assert versions == list(range(1, len(versions) + 1))

    async def test_endorse_and_report(self, classroom: ServiceUnderTest) -> None:
        answered = await reply(classroom, await open_topic(classroom), user(8))
        path = f"/api/replies/{answered['id']}/"
        endorsed = [(await ask(classroom, "POST", f"{path}endorse/", TEACHER)).json()["endorsed"] for _ in range(3)]
        assert endorsed == [True, False, True]
        reports = [(await ask(classroom, "POST", f"{path}report/")).json()["reported"] for _ in range(2)]
        assert reports == [True, True]
        seen = [(await ask(classroom, "GET", path, who)).json()["reported"] for who in (user(7), user(8), TEACHER)]
        assert seen == [True, False, True]
        settled = await ask(classroom, "PATCH", path, TEACHER, json={"reported": False})
        assert (settled.json()["reported"], settled.json()["endorsed"]) == (False, True)

    async def test_in_a_locked_topic_only_the_staff_write(self, classroom: ServiceUnderTest) -> None:
        topic = await open_topic(classroom)
        own = await reply(classroom, topic)
        path = f"/api/topics/{topic['id']}/"
        await ask(classroom, "PATCH", path, TEACHER, json={"locked": True})
        tried = (
            await ask(classroom, "POST", f"{path}replies/", json={"body": "x"}),
            await ask(classroom, "PATCH", path, json={"title": "New"}),
            await ask(classroom, "DELETE", f"/api/replies/{own['id']}/"),
            await ask(classroom, "POST", f"{path}replies/", TEACHER, json={"body": "x"}),
        )
        assert [answer.status_code for answer in tried] == [403, 403, 403, 201]

    @pytest.mark.parametrize(
        ("body", "field"),
        [({}, "body"), ({"body": " "}, "body"), ({"body": None}, "body"), ({"body": "x", "parent_id": 1}, "parent_id")],
    )
    async def test_bad_bodies_name_the_field(self, classroom: ServiceUnderTest, body: Any, field: str) -> None:
        topic = await open_topic(classroom)
        answer = await ask(classroom, "POST", f"/api/topics/{topic['id']}/replies/", json=body)
        assert_names(answer, field)


class TestPermissions:
    """Guest, author 7, another enrolled 8, who left 9, premium, the staff, another instructor, administrator."""

    @pytest.mark.parametrize(
        ("method", "path", "body", "expected"),
        [
            ("GET", TOPICS, None, (401, 200, 200, 403, 403, 200, 403, 200)),
            ("POST", TOPICS, {"title": "New", "body": "x"}, (401, 201, 201, 403, 403, 201, 403, 201)),
            ("POST", TOPICS, {"title": "N.", "body": "x", "kind": "announcement"},
             (401, 403, 403, 403, 403, 201, 403, 201)),
            ("POST", TOPICS, {"title": "N.", "body": "x", "pinned": True}, (401, 403, 403, 403, 403, 201, 403, 201)),
            ("GET", "/api/topics/{topic}/", None, (401, 200, 200, 403, 403, 200, 403, 200)),
            ("PATCH", "/api/topics/{topic}/", {"title": "New"}, (401, 200, 403, 403, 403, 200, 403, 200)),
            ("PUT", "/api/topics/{topic}/", {"title": "New", "body": "x"}, (401, 200, 403, 403, 403, 200, 403, 200)),
            ("PATCH", "/api/topics/{topic}/", {"locked": True}, (401, 403, 403, 403, 403, 200, 403, 200)),
            ("DELETE", "/api/topics/{topic}/", None, (401, 204, 403, 403, 403, 204, 403, 204)),
            ("GET", "/api/topics/{topic}/replies/", None, (401, 200, 200, 403, 403, 200, 403, 200)),
            ("POST", "/api/topics/{topic}/replies/", {"body": "x"}, (401, 201, 201, 403, 403, 201, 403, 201)),
            ("GET", "/api/replies/{reply}/", None, (401, 200, 200, 403, 403, 200, 403, 200)),
            ("PUT", "/api/replies/{reply}/", {"body": "x"}, (401, 200, 403, 403, 403, 200, 403, 200)),
            ("PATCH", "/api/replies/{reply}/", {"endorsed": True}, (401, 403, 403, 403, 403, 200, 403, 200)),
            ("DELETE", "/api/replies/{reply}/", None, (401, 204, 403, 403, 403, 204, 403, 204)),
            ("POST", "/api/replies/{reply}/endorse/", None, (401, 403, 403, 403, 403, 200, 403, 200)),
            ("POST", "/api/replies/{reply}/report/", None, (401, 403, 200, 403, 403, 200, 403, 200)),
        ],
    )  # fmt: skip
    async def test_table(
        self, classroom: ServiceUnderTest, method: str, path: str, body: Any, expected: tuple[int, ...]
    ) -> None:
        callers = (user(7), user(8), user(9), user(10, premium=True), TEACHER, OTHER_TEACHER, ADMINISTRATOR)
        topic = await open_topic(classroom)
        made = {"topic": topic["id"], "reply": (await reply(classroom, topic))["id"]}
        async with classroom.client() as guest:
            statuses = [(await guest.request(method, path.format(**made), json=body)).status_code]
        for caller in callers:
            topic = await open_topic(classroom)
            made = {"topic": topic["id"], "reply": (await reply(classroom, topic))["id"]}
            statuses.append((await ask(classroom, method, path.format(**made), caller, json=body)).status_code)
        assert tuple(statuses) == expected

    async def test_courses_that_one_may_not_know(self, classroom: ServiceUnderTest, course: Any) -> None:
        topic = await open_topic(classroom)
        hidden = course(version=2, is_published=False)
        await classroom.deliver(hidden)
        classroom.peers.answer("catalog", "/internal/courses/5/", hidden)
        for path in (TOPICS, f"/api/topics/{topic['id']}/"):
            statuses = [(await ask(classroom, "GET", path, who)).status_code for who in (user(7), user(10), TEACHER)]
            assert statuses == [200, 404, 200]

    async def test_new_staff_are_learned_from_the_catalog(self, classroom: ServiceUnderTest, course: Any) -> None:
        await classroom.deliver(course(version=2, staff=[]))
        assert (await ask(classroom, "GET", TOPICS, TEACHER)).status_code == 403
        classroom.peers.answer("catalog", "/internal/courses/5/", course(version=3))
        assert (await ask(classroom, "GET", TOPICS, TEACHER)).status_code == 200
