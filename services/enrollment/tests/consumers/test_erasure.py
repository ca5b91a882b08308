"""A user who asks for it gets all that is held, and is forgotten."""

from typing import Any

from sqlalchemy import text

from shared.auth import ServiceCaller
from shared.contracts.enrollment.events import EnrollmentUserDataErased
from shared.contracts.gateway.events import UserErased, UserUpdated
from shared.testing import ServiceUnderTest, user

GATEWAY = ServiceCaller("gateway")
NAME, SECRET = "Ada Learner", "What nobody else should read"


def erased(version: int = 9, user_id: int = 7) -> UserErased:
    return UserErased(version=version, user_id=user_id, full_name="", role="student", is_active=False)


async def export(service: ServiceUnderTest, user_id: int = 7) -> dict[str, Any]:
    async with service.client(GATEWAY) as client:
        answer = await client.get(f"/internal/users/{user_id}/export/")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def take_part(service: ServiceUnderTest, write_progress: Any) -> None:
    """User 7 does everything that one can do."""
    await write_progress(11, notes=SECRET, time_spent=60)
    async with service.client(user(7)) as client:
        for path, body in (
            ("/api/reviews/", {"course": 5, "rating": 4, "title": "Fine", "content": "Said in public."}),
            ("/api/notes/", {"lesson": 11, "content": SECRET, "tags": ["mine"]}),
            ("/api/courses/5/topics/", {"kind": "question", "title": "Why?", "body": "Asked in public."}),
        ):
            answer = await client.post(path, json=body)
            assert answer.status_code == 201, answer.text
        answer = await client.post(f"/api/topics/{answer.json()['id']}/replies/", json={"body": "Because."})
        assert answer.status_code == 201, answer.text


class TestExport:
    async def test_it_has_everything(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        await take_part(enrollment, write_progress)
        body = await export(enrollment)
        assert body["profile"] == {"full_name": NAME, "role": "student"}
        lists = {name: len(rows) for name, rows in body.items() if name != "profile"}
        assert lists == {
            "enrollments": 1, "progress": 3, "reviews": 1, "helpful_votes": 0, "notes": 1, "topics": 1, "replies": 1,
            "reported_replies": 0, "activity": len(body["activity"]),
        }  # fmt: skip
        assert SECRET in [row["notes"] for row in body["progress"]]
        assert body["notes"][0]["content"] == SECRET
        assert {row["kind"]: row["seconds"] for row in body["activity"]}["worked"] == 60

    async def test_of_others_there_is_nothing(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        await take_part(enrollment, write_progress)
        assert not any((await export(enrollment, 8)).values())

    async def test_it_is_not_for_users(self, enrollment: ServiceUnderTest) -> None:
        async with enrollment.client(user(7)) as client:
            assert (await client.get("/internal/users/7/export/")).status_code == 404


class TestErasure:
    async def test_names_and_private_texts_go_and_what_counts_stays(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        await take_part(enrollment, write_progress)
        await enrollment.deliver(erased())
        held = await export(enrollment)
        assert SECRET not in str(held)
        assert NAME not in str(held)
        assert (len(held["enrollments"]), len(held["reviews"]), held["notes"]) == (1, 1, [])
        async with enrollment.client() as client:
            reviews = (await client.get("/api/courses/5/reviews/")).json()
        assert (reviews["average"], reviews["results"][0]["user"]) == (4.0, {"id": 7, "name": ""})
        async with enrollment.client(user(500, "instructor")) as client:
            [topic] = (await client.get("/api/courses/5/topics/")).json()["results"]
        assert topic["author"]["name"] == ""
        await assert_counters_right()

    async def test_it_is_told_once_with_counts(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        await take_part(enrollment, write_progress)
        await enrollment.deliver(erased(), erased())
        [told] = await enrollment.events(EnrollmentUserDataErased)
        assert (told.version, told.user_id) == (9, 7)
        assert (told.erased["users"], told.erased["progress"], told.erased["notes"]) == (1, 1, 1)

    async def test_no_late_event_brings_the_name_back(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course(), erased())
        late = UserUpdated(version=8, user_id=7, full_name=NAME, role="student", is_active=True)
        await enrollment.deliver(late)
        await enroll()
        assert (await export(enrollment))["profile"]["full_name"] == ""

    async def test_staff_of_courses_lose_their_name_and_nothing_else(
        self, enrollment: ServiceUnderTest, course: Any
    ) -> None:
        await enrollment.deliver(course(), erased(user_id=500))
        async with enrollment.database.reading() as session:
            staff = await session.scalar(text("SELECT staff FROM courses"))
        assert staff == [{"user_id": 500, "name": "", "is_lead": True}]

    async def test_others_are_left_alone(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        await take_part(enrollment, write_progress)
        before = await export(enrollment)
        await enrollment.deliver(erased(user_id=8))
        assert await export(enrollment) == before
