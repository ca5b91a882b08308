"""What learners do, counted by the hour and rolled up by the day."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from enrollment.commands.activity import note
from enrollment.domain.activity import Act
from enrollment.schedules import keep_activity, roll_up_activity
from shared.auth import ServiceCaller
from shared.contracts.assessment.events import AttemptGraded
from shared.contracts.catalog.events import ResourceDownloaded
from shared.contracts.gateway.events import UserErased, UserLoggedIn
from shared.testing import ServiceUnderTest, user

GATEWAY = ServiceCaller("gateway")
ONCE = "0198c5a0-0000-7000-8000-000000000001"


def today() -> datetime:
    return datetime.now(UTC)


async def ask(service: ServiceUnderTest, path: str, **query: Any) -> dict[str, Any]:
    async with service.client(GATEWAY) as client:
        answer = await client.get(f"/internal/analytics/{path}/", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def did(service: ServiceUnderTest, *acts: Act, at: datetime) -> None:
    async with service.database.transaction() as session:
        await note(session, *acts, now=at)


async def set_watermark(service: ServiceUnderTest, day: date) -> None:
    async with service.database.transaction() as session:
        await session.execute(text("UPDATE activity_watermark SET through = :day"), {"day": day})


async def stats(service: ServiceUnderTest, user_id: int = 7) -> dict[str, Any]:
    async with service.client(user(user_id)) as client:
        body: dict[str, Any] = (await client.get("/api/user/progress-stats/")).json()
    return body


def graded(score: float) -> AttemptGraded:
    return AttemptGraded(
        version=1, attempt_id=1, attempt_number=1, assessment_id=1, course_id=5, lesson_id=11, user_id=7,
        status="graded", max_score=1, score_percentage=score, has_passed=True, standing_version=1,
        start_time=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def login(user_id: int) -> UserLoggedIn:
    return UserLoggedIn(version=1, login_id=uuid4(), user_id=user_id)


def download(user_id: int) -> ResourceDownloaded:
    return ResourceDownloaded(
        version=1, download_id=uuid4(), resource_id=3, lesson_id=11, course_id=5, user_id=user_id
    )  # fmt: skip


class TestCourse:
    async def test_what_learners_do_is_counted_at_once(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll(7)
        await enroll(8)
        await write_progress(11, is_completed=True, time_spent=120)
        await write_progress(12, time_spent=60)
        await write_progress(11, user_id=8, time_spent=30)
        await enrollment.deliver(graded(87.5), graded(87.5))
        async with enrollment.client(user(7)) as client:
            await client.post("/api/notes/", json={"lesson": 11, "content": "Remember."})
            await client.post("/api/reviews/", json={"course": 5, "rating": 4, "content": "Said in public."})
            topic = {"kind": "question", "title": "Why?", "body": "Asked."}
            asked = (await client.post("/api/courses/5/topics/", json=topic)).json()
            await client.post(f"/api/topics/{asked['id']}/replies/", json={"body": "Because."})
        body = await ask(enrollment, "courses/5")
        engagement = body["engagement"]
        days = engagement.pop("days")
        assert engagement == {
            "visits": 2, "seconds": 210, "lessons_started": 3, "lessons_completed": 1, "courses_completed": 0,
            "enrolled": 2, "unenrolled": 0, "attempts": 1, "average_score": 87.5, "notes": 1, "questions": 1,
            "replies": 1, "reviews": 1, "downloads": 0, "active_learners": 2, "average_visit_seconds": 105,
        }  # fmt: skip
        assert days[-1]["active_learners"] == 2
        assert [(step["lesson"], step["started"], step["completed"], step["seconds"]) for step in body["funnel"]] == [
            (11, 2, 1, 150), (12, 1, 0, 60), (13, 0, 0, 0),
        ]  # fmt: skip
        patterns = body["learning_patterns"]
        assert len(patterns["by_hour"]) == 24
        assert len(patterns["by_weekday"]) == 7
        assert sum(row["seconds"] for row in patterns["by_hour"]) == 210
        assert patterns["by_lesson_type"] == [{"type": "reading", "seconds": 210, "started": 3, "completed": 1}]
        assert body["drop_off"] == []

    async def test_where_learners_stopped(self, enrollment: ServiceUnderTest, course: Any, enroll: Any) -> None:
        await enrollment.deliver(course())
        for user_id in (7, 8, 9):
            await enroll(user_id)
        async with enrollment.database.transaction() as session:
            await session.execute(
                text(
                    "UPDATE enrollments SET last_accessed = now() - interval '20 days',"
                    " last_lesson_accessed = CASE WHEN user_id < 9 THEN 12 END"
                )
            )
        assert (await ask(enrollment, "courses/5"))["drop_off"] == [
            {"lesson": 12, "learners": 2},
            {"lesson": None, "learners": 1},
        ]

    async def test_a_lesson_that_is_taken_back_is_no_longer_finished(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        for is_completed in (True, False, True, False):
            await write_progress(11, is_completed=is_completed)
        [step, *_] = (await ask(enrollment, "courses/5"))["funnel"]
        assert (step["started"], step["completed"]) == (1, 0)

    async def test_an_unknown_course_has_nothing(self, enrollment: ServiceUnderTest) -> None:
        body = await ask(enrollment, "courses/99")
        assert (body["funnel"], body["engagement"]["days"], body["engagement"]["visits"]) == ([], [], 0)

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"from": "2026-02-01", "to": "2026-01-01"}, "from"),
            ({"from": "2020-01-01", "to": "2026-01-01"}, "from"),
            ({"from": "soon"}, "from"),
            ({"to": "2026-13-01"}, "to"),
            ({"from": "2001-01-01", "to": "2001-01-02"}, None),
            ({"to": "0001-01-02"}, "to"),
            ({"from": "0001-01-02"}, "from"),
            ({"to": "9999-12-31"}, "to"),
        ],
    )
    async def test_stretches_are_bounded(
        self, enrollment: ServiceUnderTest, query: dict[str, str], field: str | None
    ) -> None:
        async with enrollment.client(GATEWAY) as client:
            for path in ("courses/5", "users/7", "system"):
                answer = await client.get(f"/internal/analytics/{path}/", params=query)
                assert answer.status_code == (200 if field is None else 400), answer.text
                assert field is None or field in answer.json()

    @pytest.mark.parametrize("path", ["courses/5", "users/7", "system"])
    async def test_they_are_not_for_users(self, enrollment: ServiceUnderTest, path: str) -> None:
        async with enrollment.client(user(7, "administrator")) as client:
            assert (await client.get(f"/internal/analytics/{path}/")).status_code == 404


class TestRollUp:
    async def test_days_come_out_the_same_before_and_after(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll(7)
        now = today()
        for days in (1, 2, 4):
            at = now - timedelta(days=days)
            await did(enrollment, Act(7, 5, "visited"), Act(7, 5, "worked", 11, seconds=60 * days), at=at)
            await did(enrollment, Act(8, 5, "worked", 12, seconds=5), Act(8, 6, "worked", 61), at=at)
            await did(enrollment, Act(7, 5, "downloaded", 11), Act(7, 0, "logged_in"), Act(9, 0, "logged_in"), at=at)
        await write_progress(11, time_spent=7)
        await set_watermark(enrollment, (now - timedelta(days=6)).date())
        paths = ("courses/5", "courses/6", "users/7", "users/8", "system")
        before = [await ask(enrollment, path) for path in paths]
        await roll_up_activity(enrollment.database, now=now + timedelta(days=1, minutes=11))
        assert [await ask(enrollment, path) for path in paths] == before
        async with enrollment.database.transaction() as session:
            assert await session.scalar(text("SELECT through FROM activity_watermark")) == now.date()
            await session.execute(text("DELETE FROM activity"))
        assert [await ask(enrollment, path) for path in paths] == before

    async def test_workers_at_once_and_a_repeat_count_a_day_once(self, enrollment: ServiceUnderTest) -> None:
        now = today()
        for days in range(1, 5):
            await did(enrollment, Act(7, 5, "worked", 11, seconds=60), at=now - timedelta(days=days))
        await set_watermark(enrollment, (now - timedelta(days=9)).date())
        await asyncio.gather(*(roll_up_activity(enrollment.database, now=now) for _ in range(4)))
        await set_watermark(enrollment, (now - timedelta(days=9)).date())
        await roll_up_activity(enrollment.database, now=now)
        assert (await ask(enrollment, "courses/5"))["engagement"]["seconds"] == 240

    async def test_a_day_waits_until_it_is_over(self, enrollment: ServiceUnderTest) -> None:
        midnight = datetime(2026, 5, 2, tzinfo=UTC)
        await set_watermark(enrollment, date(2026, 4, 30))
        for minutes, through in ((9, date(2026, 4, 30)), (10, date(2026, 5, 1))):
            await roll_up_activity(enrollment.database, now=midnight + timedelta(minutes=minutes))
            async with enrollment.database.reading() as session:
                assert await session.scalar(text("SELECT through FROM activity_watermark")) == through


class TestPartitions:
    async def test_old_days_go_once_they_are_rolled_up(self, enrollment: ServiceUnderTest) -> None:
        now = datetime(2031, 3, 10, 12, tzinfo=UTC)
        await keep_activity(enrollment.database, now=now, kept_days=30)
        await did(enrollment, Act(7, 5, "worked", 11, seconds=60), at=now)
        later = now + timedelta(days=40)
        await set_watermark(enrollment, date(2031, 3, 8))
        await asyncio.gather(*(keep_activity(enrollment.database, now=later, kept_days=30) for _ in range(2)))
        assert await rows(enrollment) == 1
        await roll_up_activity(enrollment.database, now=later)
        await keep_activity(enrollment.database, now=later, kept_days=30)
        assert await rows(enrollment) == 0
        body = await ask(enrollment, "courses/5", **{"from": "2031-03-01", "to": "2031-03-31"})
        assert body["engagement"]["seconds"] == 60

    async def test_what_came_before_its_partition_moves_into_it(self, enrollment: ServiceUnderTest) -> None:
        now = datetime(2033, 3, 10, 12, tzinfo=UTC)
        await did(enrollment, Act(7, 5, "worked", 11, seconds=60), at=now)
        await keep_activity(enrollment.database, now=now, kept_days=30)
        async with enrollment.database.reading() as session:
            place = await session.scalar(text("SELECT tableoid::regclass::text FROM activity"))
        assert str(place).endswith("activity_20330310")
        await did(enrollment, Act(7, 5, "worked", 11, seconds=60), at=now)
        assert await rows(enrollment) == 1


async def rows(service: ServiceUnderTest) -> int:
    async with service.database.reading() as session:
        return int(await session.scalar(text("SELECT count(*) FROM activity")) or 0)


class TestLearner:
    async def test_streak_and_weekly_minutes(self, enrollment: ServiceUnderTest) -> None:
        now = today()
        assert {(await stats(enrollment))[name] for name in ("learning_streak_days", "weekly_minutes")} == {0}
        for days in (1, 2, 3, 5, 8):
            await did(enrollment, Act(7, 5, "worked", 11, seconds=150), at=now - timedelta(days=days))
        await set_watermark(enrollment, (now - timedelta(days=9)).date())
        for days in (9, 4, 0):
            await roll_up_activity(enrollment.database, now=now - timedelta(days=days))
            found = await stats(enrollment)
            assert (found["learning_streak_days"], found["weekly_minutes"]) == (3, 10)

    async def test_days_of_a_learner(self, enrollment: ServiceUnderTest) -> None:
        now = today()
        await did(enrollment, Act(7, 5, "worked", 11, seconds=60), Act(7, 6, "worked", 61, seconds=30), at=now)
        body = await ask(enrollment, "users/7")
        assert [(row["day"], row["seconds"]) for row in body["days"]] == [(f"{now:%Y-%m-%d}", 90)]

    async def test_an_erased_learner_leaves_figures_without_a_name(self, enrollment: ServiceUnderTest) -> None:
        now = today()
        for user_id in (7, 8):
            await did(enrollment, Act(user_id, 5, "worked", 11, seconds=60), at=now)
            erased = UserErased(version=9, user_id=user_id, full_name="", role="student", is_active=False)
            await enrollment.deliver(erased)
        assert (await ask(enrollment, "users/7"))["days"] == []
        assert (await ask(enrollment, "courses/5"))["engagement"]["seconds"] == 120


class TestElsewhere:
    async def test_logins_are_counted_for_users_and_belong_to_no_course(self, enrollment: ServiceUnderTest) -> None:
        once = login(7)
        await enrollment.deliver(once, event_id=ONCE)
        await enrollment.deliver(once, event_id=ONCE)
        await enrollment.deliver(login(7), login(8))
        assert [row["logins"] for row in (await ask(enrollment, "users/7"))["days"]] == [2]
        [day] = (await ask(enrollment, "system"))["days"]
        assert (day["logins"], day["active_learners"]) == (3, 0)
        assert (await stats(enrollment))["learning_streak_days"] == 0

    async def test_downloads_are_counted_in_their_course(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course(), *(download(user_id) for user_id in (7, 7, 8)))
        engagement = (await ask(enrollment, "courses/5"))["engagement"]
        assert (engagement["downloads"], engagement["days"][0]["active_learners"]) == (3, 2)
        assert (await ask(enrollment, "users/7"))["totals"]["downloads"] == 2


class TestSystem:
    async def test_totals_are_those_of_the_rows(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11]))
        for user_id in (7, 8, 9):
            await enroll(user_id)
        await write_progress(11, is_completed=True)
        async with enrollment.client(user(8)) as client:
            [row] = (await client.get("/api/enrollments/")).json()["results"]
            await client.post(f"/api/enrollments/{row['id']}/unenroll/")
        await enroll(8)
        body = await ask(enrollment, "system")
        assert (body["enrollments"], body["completions"]) == (3, 1)
        await enrollment.deliver(course(lessons=[11, 12], version=2), course(lessons=[11], version=3))
        await roll_up_activity(enrollment.database, now=today() + timedelta(days=2))
        body = await ask(enrollment, "system")
        assert (body["enrollments"], body["completions"]) == (3, 1)
