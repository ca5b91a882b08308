"""Writing, reading, moderating and taking back reviews."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from enrollment.consumers import HANDLERS
from enrollment.main import create
from enrollment.settings import Settings
from shared.auth import Identity
from shared.contracts.enrollment.events import (
    RatingChanged,
    ReviewCreated,
    ReviewDeleted,
    ReviewEvent,
    ReviewUpdated,
)
from shared.testing import Environment, ServiceUnderTest, serve_for_tests, user

TEACHER, OTHER_TEACHER, ADMINISTRATOR = user(500, "instructor"), user(501, "instructor"), user(1, "administrator")
CONTENT = "Clear from beginning to end."
Reviewer = Callable[..., Awaitable[dict[str, Any]]]


async def ask(service: ServiceUnderTest, method: str, path: str, caller: Identity | None = None, **given: Any) -> Any:
    async with service.client(caller) as client:
        return await client.request(method, path, **given)


@pytest.fixture
async def premoderated(environment: Environment) -> AsyncIterator[ServiceUnderTest]:
    async with serve_for_tests(Settings, create, HANDLERS, environment, reviews_premoderated=True) as service:
        yield service


@pytest.fixture
def review(enrollment: ServiceUnderTest, enroll: Any) -> Reviewer:
    """Enroll a user and let them review the course: `await review(7, rating=3)`."""

    async def write(user_id: int = 7, **fields: Any) -> dict[str, Any]:
        await enroll(user_id)
        body = {"course": 5, "rating": 4, "content": CONTENT} | fields
        answer = await ask(enrollment, "POST", "/api/reviews/", user(user_id), json=body)
        assert answer.status_code == 201, answer.text
        written: dict[str, Any] = answer.json()
        return written

    return write


async def assert_rating_right(service: ServiceUnderTest) -> None:
    """The counters, and the last event about them, are what a recount gives."""
    async with service.database.reading() as session:
        rows = await session.execute(
            text("SELECT rating, count(*) FROM reviews WHERE status = 'approved' GROUP BY rating")
        )
        recount = {str(stars): 0 for stars in range(1, 6)} | {str(row.rating): row.count for row in rows}
        stars = (
            await session.execute(text("SELECT star_1, star_2, star_3, star_4, star_5 FROM ratings"))
        ).one_or_none()
        votes = await session.scalar(
            text("""
                SELECT count(*) FROM reviews
                WHERE helpful_count <> (SELECT count(*) FROM review_votes WHERE review_id = reviews.id)
            """)
        )
    assert list(recount.values()) == (list(stars) if stars else [0] * 5)
    assert votes == 0
    told = await service.events(RatingChanged)
    if told:
        assert told[-1].histogram == recount
        assert [event.version for event in told] == list(range(1, len(told) + 1))


class TestCreate:
    async def test_a_review_is_approved_counted_and_told(
        self, enrollment: ServiceUnderTest, course: Any, review: Any
    ) -> None:
        await enrollment.deliver(course())
        body = await review(title="  Good ", rating=4)
        assert body.pop("created_date") == body.pop("updated_date")
        assert body == {
            "id": body["id"],
            "user": {"id": 7, "name": "Ada Learner"},
            "course": 5,
            "rating": 4,
            "title": "Good",
            "content": CONTENT,
            "status": "approved",
            "is_approved": True,
            "is_verified_purchase": True,
            "helpful_count": 0,
        }
        [created] = await enrollment.events(ReviewCreated)
        assert created == ReviewCreated(
            version=1, review_id=body["id"], user_id=7, course_id=5, rating=4, is_approved=True
        )
        [rating] = await enrollment.events(RatingChanged)
        assert (rating.version, rating.average, rating.count, rating.histogram["4"]) == (1, 4.0, 1, 1)

    async def test_before_moderation_it_waits(self, premoderated: ServiceUnderTest, course: Any) -> None:
        await premoderated.deliver(course())
        await ask(premoderated, "POST", "/api/courses/5/enroll/", user(7))
        body = {"course": "first-aid", "rating": 5, "content": CONTENT}
        written = (await ask(premoderated, "POST", "/api/reviews/", user(7), json=body)).json()
        assert (written["status"], written["is_approved"]) == ("pending", False)
        assert await premoderated.events(RatingChanged) == []
        path = f"/api/reviews/{written['id']}/moderate/"
        await ask(premoderated, "PUT", path, TEACHER, json={"status": "approved"})
        edited = await ask(premoderated, "PATCH", f"/api/reviews/{written['id']}/", user(7), json={"rating": 1})
        assert edited.json()["status"] == "pending"
        assert [event.count for event in await premoderated.events(RatingChanged)] == [1, 0]

    async def test_once_for_each_course(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course())
        await enroll()
        body = {"course": 5, "rating": 4, "content": CONTENT}
        answers = await asyncio.gather(
            *(ask(enrollment, "POST", "/api/reviews/", user(7), json=body) for _ in range(5))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400, 400]
        assert {answer.json().get("code") for answer in answers} == {None, "ALREADY_REVIEWED"}
        await assert_rating_right(enrollment)

    async def test_many_at_once_are_all_counted(self, enrollment: ServiceUnderTest, course: Any, review: Any) -> None:
        await enrollment.deliver(course())
        await asyncio.gather(*(review(number, rating=number % 5 + 1) for number in range(10, 22)))
        await assert_rating_right(enrollment)

    async def test_who_left_may_review_and_is_not_verified(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, review: Any
    ) -> None:
        await enrollment.deliver(course())
        first = await enroll()
        await ask(enrollment, "POST", f"/api/enrollments/{first['id']}/unenroll/", user(7))
        body = {"course": 5, "rating": 4, "content": CONTENT}
        written = (await ask(enrollment, "POST", "/api/reviews/", user(7), json=body)).json()
        assert written["is_verified_purchase"] is False
        await enroll()
        again = await ask(enrollment, "GET", f"/api/reviews/{written['id']}/")
        assert again.json()["is_verified_purchase"] is True
        await ask(
            enrollment, "PATCH", f"/api/courses/5/enrollments/{first['id']}/", TEACHER, json={"status": "suspended"}
        )
        [shown] = (await ask(enrollment, "GET", "/api/courses/5/reviews/")).json()["results"]
        assert shown["is_verified_purchase"] is False

    async def test_others_are_told_to_enroll(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        body = {"course": 5, "rating": 4, "content": CONTENT}
        answer = await ask(enrollment, "POST", "/api/reviews/", user(7), json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "ENROLLMENT_REQUIRED")
        assert (await ask(enrollment, "POST", "/api/reviews/", None, json=body)).status_code == 401

    async def test_a_course_not_known_is_asked_for(self, enrollment: ServiceUnderTest, course: Any) -> None:
        body = {"course": 5, "rating": 4, "content": CONTENT}
        assert (await ask(enrollment, "POST", "/api/reviews/", user(7), json=body)).status_code == 503
        enrollment.peers.answer("catalog", "/internal/courses/5/", None)
        assert (await ask(enrollment, "POST", "/api/reviews/", user(7), json=body)).status_code == 404

    async def test_what_was_rejected_cannot_be_written_anew_past_the_moderators(
        self, enrollment: ServiceUnderTest, course: Any, review: Any
    ) -> None:
        await enrollment.deliver(course())
        first = await review()
        await ask(enrollment, "PUT", f"/api/reviews/{first['id']}/moderate/", TEACHER, json={"status": "rejected"})
        await ask(enrollment, "DELETE", f"/api/reviews/{first['id']}/", user(7))
        body = {"course": 5, "rating": 5, "content": CONTENT}
        second = (await ask(enrollment, "POST", "/api/reviews/", user(7), json=body)).json()
        assert second["status"] == "pending"
        await ask(enrollment, "PUT", f"/api/reviews/{second['id']}/moderate/", TEACHER, json={"status": "approved"})
        await ask(enrollment, "DELETE", f"/api/reviews/{second['id']}/", user(7))
        third = (await ask(enrollment, "POST", "/api/reviews/", user(7), json=body)).json()
        assert third["status"] == "approved"

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"rating": 0}, "rating"),
            ({"rating": 6}, "rating"),
            ({"rating": 4.5}, "rating"),
            ({"rating": "4"}, "rating"),
            ({"rating": True}, "rating"),
            ({"rating": None}, "rating"),
            ({"rating": 10**30}, "rating"),
            ({"content": "  short   "}, "content"),
            ({"content": "x" * 10_001}, "content"),
            ({"content": "NUL \0 inside it"}, "content"),
            ({"content": None}, "content"),
            ({"title": "x" * 256}, "title"),
            ({"title": None}, "title"),
            ({"course": ""}, "course"),
            ({"course": None}, "course"),
            ({"course": [5]}, "course"),
        ],
    )
    async def test_bad_bodies_name_the_field(self, enrollment: ServiceUnderTest, change: Any, field: str) -> None:
        body = {"course": 5, "rating": 4, "title": "", "content": CONTENT} | change
        answer = await ask(enrollment, "POST", "/api/reviews/", user(7), json=body)
        assert (answer.status_code, list(answer.json())) == (400, [field])


class TestChange:
    async def test_put_and_patch(self, enrollment: ServiceUnderTest, course: Any, review: Any) -> None:
        await enrollment.deliver(course())
        first = await review(title="Good", rating=2)
        path = f"/api/reviews/{first['id']}/"
        missing = await ask(enrollment, "PUT", path, user(7), json={"rating": 3})
        put = await ask(enrollment, "PUT", path, user(7), json={"rating": 3, "content": "Better than I thought."})
        patched = await ask(enrollment, "PATCH", path, user(7), json={"rating": 5, "course": 9, "helpful_count": 7})
        nothing = await ask(enrollment, "PATCH", path, user(7), json={"rating": 5})
        assert (missing.status_code, list(missing.json())) == (400, ["content"])
        assert (put.json()["title"], put.json()["rating"], put.json()["status"]) == ("Good", 3, "approved")
        assert (patched.json()["rating"], patched.json()["helpful_count"]) == (5, 0)
        assert patched.json() == nothing.json()
        assert [event.version for event in await enrollment.events(ReviewUpdated)] == [2, 3]
        await assert_rating_right(enrollment)

    async def test_an_edit_of_a_rejected_one_waits_hidden(
        self, enrollment: ServiceUnderTest, course: Any, review: Any
    ) -> None:
        await enrollment.deliver(course())
        path = f"/api/reviews/{(await review())['id']}/"
        await ask(enrollment, "PUT", f"{path}moderate/", TEACHER, json={"status": "rejected", "moderation_notes": "no"})
        edited = await ask(enrollment, "PATCH", path, user(7), json={"content": "Now with kinder words."})
        assert (edited.json()["status"], "moderation_notes" in edited.json()) == ("pending", False)
        assert (await ask(enrollment, "GET", path)).status_code == 404
        waiting = await ask(enrollment, "GET", "/api/courses/5/reviews/", TEACHER, params={"status": "pending"})
        assert [row["id"] for row in waiting.json()["results"]] == [edited.json()["id"]]

    async def test_delete(self, enrollment: ServiceUnderTest, course: Any, review: Any) -> None:
        await enrollment.deliver(course())
        first = await review()
        path = f"/api/reviews/{first['id']}/"
        await ask(enrollment, "POST", f"{path}helpful/", user(8))
        answers = await asyncio.gather(*(ask(enrollment, "DELETE", path, user(7)) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [204, 404, 404]
        [gone] = await enrollment.events(ReviewDeleted)
        assert (gone.version, gone.review_id, gone.is_approved) == (2, first["id"], False)
        assert (await ask(enrollment, "GET", path, user(7))).status_code == 404
        await assert_rating_right(enrollment)

    @pytest.mark.parametrize(
        "body", [{}, {"status": "pending"}, {"status": None}, {"status": "approved", "moderation_notes": "x" * 2001}]
    )
    async def test_bad_moderation(self, enrollment: ServiceUnderTest, body: Any) -> None:
        answer = await ask(enrollment, "PUT", "/api/reviews/1/moderate/", TEACHER, json=body)
        assert (answer.status_code, len(answer.json())) == (400, 1)


class TestPermissions:
    """Author 7, another enrolled 8, and the rest, on an approved review and on a hidden one."""

    CALLERS = (None, user(9), user(7), user(8), TEACHER, OTHER_TEACHER, user(10, premium=True), ADMINISTRATOR)
    CHANGE: tuple[Any, ...] = ("PATCH", "", {"rating": 3})

    @pytest.mark.parametrize(
        ("method", "action", "body", "is_hidden", "expected"),
        [
            ("GET", "", None, False, (200, 200, 200, 200, 200, 200, 200, 200)),
            ("GET", "", None, True, (404, 404, 200, 404, 200, 404, 404, 200)),
            ("PATCH", "", {"rating": 3}, False, (401, 403, 200, 403, 403, 403, 403, 403)),
            ("PATCH", "", {"rating": 3}, True, (401, 404, 200, 404, 403, 404, 404, 403)),
            ("PUT", "", {"rating": 3, "content": CONTENT}, True, (401, 404, 200, 404, 403, 404, 404, 403)),
            ("POST", "helpful/", None, False, (401, 200, 403, 200, 200, 200, 200, 200)),
            ("POST", "helpful/", None, True, (401, 404, 403, 404, 404, 404, 404, 404)),
            ("PUT", "moderate/", {"status": "rejected"}, False, (401, 403, 403, 403, 200, 403, 403, 200)),
            ("PUT", "moderate/", {"status": "approved"}, True, (401, 403, 403, 403, 200, 404, 403, 200)),
            ("DELETE", "", None, False, (401, 403, 204, 403, 403, 403, 403, 403)),
            ("DELETE", "", None, True, (401, 404, 204, 404, 403, 404, 404, 403)),
        ],
    )
    async def test_table(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, review: Any,
        method: str, action: str, body: Any, is_hidden: bool, expected: Any,
    ) -> None:  # fmt: skip
        await enrollment.deliver(course())
        await enroll(8)
        path = f"/api/reviews/{(await review(7))['id']}/"
        statuses = []
        for caller in self.CALLERS:
            decided = {"status": "rejected" if is_hidden else "approved"}
            await ask(enrollment, "PUT", f"{path}moderate/", ADMINISTRATOR, json=decided)
            answer = await ask(enrollment, method, path + action, caller, json=body)
            statuses.append(answer.status_code)
            if answer.status_code == 204:
                async with enrollment.client(user(7)) as client:
                    again = await client.post("/api/reviews/", json={"course": 5, "rating": 4, "content": CONTENT})
                path = f"/api/reviews/{again.json()['id']}/"
        assert tuple(statuses) == expected
        await assert_rating_right(enrollment)

    @pytest.mark.parametrize("path", ["/api/reviews/0/", f"/api/reviews/{2**63}/", "/api/reviews/x/"])
    async def test_absurd_ids(self, enrollment: ServiceUnderTest, path: str) -> None:
        assert (await ask(enrollment, "GET", path, user(7))).status_code == 400


class TestHelpful:
    async def test_it_toggles_once_for_each_user(self, enrollment: ServiceUnderTest, course: Any, review: Any) -> None:
        await enrollment.deliver(course())
        path = f"/api/reviews/{(await review())['id']}/helpful/"
        bodies = [(await ask(enrollment, "POST", path, user(voter))).json() for voter in (8, 9, 8)]
        assert [(body["helpful_count"], body["is_helpful"]) for body in bodies] == [(1, True), (2, True), (1, False)]

    async def test_many_at_once(self, enrollment: ServiceUnderTest, course: Any, review: Any) -> None:
        await enrollment.deliver(course())
        path = f"/api/reviews/{(await review())['id']}/helpful/"
        voters = [8, 8, 8, 9, 9, 10, 11, 12]
        await asyncio.gather(*(ask(enrollment, "POST", path, user(voter)) for voter in voters))
        body = (await ask(enrollment, "GET", path.removesuffix("helpful/"))).json()
        assert body["helpful_count"] == 5 - 1
        await assert_rating_right(enrollment)


class TestList:
    async def test_of_a_course_with_its_histogram(self, enrollment: ServiceUnderTest, course: Any, review: Any) -> None:
        await enrollment.deliver(course())
        first, second, hidden = await review(7, rating=5), await review(8, rating=2), await review(9, rating=1)
        await ask(enrollment, "PUT", f"/api/reviews/{hidden['id']}/moderate/", TEACHER, json={"status": "rejected"})
        await ask(enrollment, "POST", f"/api/reviews/{first['id']}/helpful/", user(8))
        body = (await ask(enrollment, "GET", "/api/courses/first-aid/reviews/")).json()
        assert [row["id"] for row in body["results"]] == [second["id"], first["id"]]
        assert (body["count"], body["average"]) == (2, 3.5)
        assert body["histogram"] == {"1": 0, "2": 1, "3": 0, "4": 0, "5": 1}
        only = (await ask(enrollment, "GET", "/api/courses/5/reviews/", params={"rating": 5})).json()
        assert ([row["id"] for row in only["results"]], only["average"]) == ([first["id"]], 3.5)
        ordered = await ask(
            enrollment, "GET", "/api/courses/5/reviews/", params={"ordering": "-helpful_count", "cursor": ""}
        )
        assert [row["id"] for row in ordered.json()["results"]] == [first["id"], second["id"]]

    async def test_a_course_without_reviews(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        body = (await ask(enrollment, "GET", "/api/courses/5/reviews/")).json()
        assert (body["results"], body["average"], sum(body["histogram"].values())) == ([], 0.0, 0)

    @pytest.mark.parametrize(
        ("caller", "state", "params", "expected"),
        [
            (None, {}, {"status": "pending"}, 403),
            (user(8), {}, {"status": "rejected"}, 403),
            (OTHER_TEACHER, {}, {"status": "rejected"}, 403),
            (TEACHER, {}, {"status": "rejected"}, 200),
            (ADMINISTRATOR, {}, {"status": "pending"}, 200),
            (None, {}, {"status": "all"}, 400),
            (None, {}, {"rating": 6}, 400),
            (None, {}, {"ordering": "content"}, 400),
            (None, {"is_published": False}, {}, 404),
            (user(8), {"is_published": False}, {}, 404),
            (user(7), {"is_published": False}, {}, 200),
            (TEACHER, {"is_draft": True, "is_published": False}, {}, 200),
            (TEACHER, {"is_deleted": True}, {}, 404),
        ],
    )
    async def test_who_sees_it(
        self,
        enrollment: ServiceUnderTest,
        course: Any,
        enroll: Any,
        caller: Any,
        state: Any,
        params: Any,
        expected: int,
    ) -> None:
        await enrollment.deliver(course())
        await enroll(7)
        changed = course(version=2, **state)
        await enrollment.deliver(changed)
        enrollment.peers.answer("catalog", "/internal/courses/5/", changed)
        answer = await ask(enrollment, "GET", "/api/courses/5/reviews/", caller, params=params)
        assert answer.status_code == expected

    async def test_ones_own(self, enrollment: ServiceUnderTest, course: Any, review: Any) -> None:
        await enrollment.deliver(course())
        own = await review(7)
        await review(8)
        await ask(enrollment, "PUT", f"/api/reviews/{own['id']}/moderate/", TEACHER, json={"status": "rejected"})
        for params in ({}, {"course": "first-aid"}, {"course": 5}, {"cursor": ""}):
            body = (await ask(enrollment, "GET", "/api/reviews/", user(7), params=params)).json()
            assert [(row["id"], row["status"]) for row in body["results"]] == [(own["id"], "rejected")]
        assert (await ask(enrollment, "GET", "/api/reviews/", user(7), params={"course": 6})).json()["count"] == 0
        assert (await ask(enrollment, "GET", "/api/reviews/")).status_code == 401


class TestAnySequence:
    """Whatever is done in whatever order, also at once, the counters are what a recount gives."""

    @pytest.mark.parametrize("seed", range(4))
    async def test_counters_equal_a_recount(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, seed: int
    ) -> None:
        draw = random.Random(seed)
        await enrollment.deliver(course())
        learners = (7, 8, 9)
        for learner in learners:
            await enroll(learner)
        for _ in range(10):
            await asyncio.gather(*(self._do_something(enrollment, draw, draw.choice(learners)) for _ in range(4)))
            await assert_rating_right(enrollment)
        versions: dict[int, list[int]] = {}
        for event in await enrollment.events(ReviewEvent):
            versions.setdefault(event.review_id, []).append(event.version)
        assert all(told == list(range(1, len(told) + 1)) for told in versions.values())

    async def _do_something(self, service: ServiceUnderTest, draw: random.Random, learner: int) -> None:
        action, stars = (
            draw.choice(("create", "create", "edit", "approve", "reject", "delete", "vote")),
            draw.randint(1, 5),
        )
        found = (await ask(service, "GET", "/api/reviews/", user(learner))).json()["results"]
        path = f"/api/reviews/{found[0]['id']}/" if found else "/api/reviews/999999999999/"
        caller = user(learner)
        if action == "create":
            body = {"course": 5, "rating": stars, "content": CONTENT}
            answer = await ask(service, "POST", "/api/reviews/", caller, json=body)
        elif action == "edit":
            answer = await ask(service, "PATCH", path, caller, json={"rating": stars})
        elif action == "delete":
            answer = await ask(service, "DELETE", path, caller)
        elif action == "vote":
            answer = await ask(service, "POST", f"{path}helpful/", user(20 + stars))
        else:
            status = {"approve": "approved", "reject": "rejected"}[action]
            answer = await ask(service, "PUT", f"{path}moderate/", TEACHER, json={"status": status})
        assert answer.status_code in (200, 201, 204, 400, 404), answer.text
