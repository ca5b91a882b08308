"""Every type of message, over a real socket, from the event that causes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.deadlines import announce_deadlines
from shared.contracts.assessment.events import AssessmentCreated, AttemptExtended, AttemptGraded, AttemptSubmitted
from shared.contracts.catalog.events import CourseUnpublished, CourseUpdated
from shared.contracts.certificate.events import CertificateIssued
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentReactivated,
    ProgressRecalculated,
    ReviewCreated,
    TopicPublished,
    TopicReplied,
)
from shared.contracts.gateway.events import BroadcastCreated, NotificationCreated
from shared.testing import ServiceUnderTest

COURSE = 7


@pytest.fixture
async def people(gateway: ServiceUnderTest, make_account: Any, make: Any) -> tuple[Any, Any]:
    """A student in a course, and who teaches it."""
    student = await make_account("student@example.com")
    teacher = await make_account("teacher@example.com", role="instructor")
    await gateway.deliver(make.course(COURSE, [teacher.id]), make.enrollment(student.id, COURSE))
    return student, teacher


def _topic(kind: str, **changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "topic_id": 5,
        "course_id": COURSE,
        "user_id": 1,
        "kind": kind,
        "title": "Welcome",
        "pinned": False,
        "locked": False,
        "replies_count": 0,
        "last_activity": datetime.now(UTC),
        **changes,
    }


class TestTheCourseChannel:
    async def test_progress_has_the_specifications_shape(self, gateway, live, people, make) -> None:
        student, _ = people
        async with live.open(f"/ws/course/{COURSE}/user/{student.id}/", student.token) as socket:
            await gateway.deliver(make.progress(student.id, COURSE))
            message = await socket.hear()
        assert set(message) == {"id", "type", "timestamp", "data"}
        assert message["type"] == "progress_update"
        wanted = {"lesson_id": 123, "progress_percentage": 75, "is_completed": False}
        assert message["data"].items() >= wanted.items()
        assert datetime.fromisoformat(message["timestamp"]).tzinfo is not None
        assert message["timestamp"].endswith("Z")

    async def test_a_lesson_is_completed_once_and_time_is_tracked(self, gateway, live, people, make) -> None:
        student, _ = people
        async with live.open(f"/ws/course/{COURSE}/user/{student.id}", student.token) as socket:
            done = {"is_completed": True, "lesson_percentage": 100, "progress_percentage": 50}
            await gateway.deliver(make.progress(student.id, COURSE, time_spent=60, **done))
            told = [await socket.hear() for _ in range(4)]
            assert [one["type"] for one in told] == [
                "progress_update", "lesson_completed", "time_tracked", "milestone",
            ]  # fmt: skip
            assert told[2]["data"]["added_seconds"] == 60
            assert told[3]["data"]["milestone"] == 50
            await gateway.deliver(make.progress(student.id, COURSE, time_spent=100, **done))
            again = [await socket.hear() for _ in range(2)]
            assert [one["type"] for one in again] == ["progress_update", "time_tracked"]
            assert again[1]["data"]["added_seconds"] == 40

    async def test_what_is_overtaken_says_nothing(self, gateway, live, people, make) -> None:
        student, _ = people
        async with live.open(f"/ws/course/{COURSE}/user/{student.id}/", student.token) as socket:
            late = make.progress(student.id, COURSE, lesson_percentage=10)
            await gateway.deliver(make.progress(student.id, COURSE, lesson_percentage=20))
            await gateway.deliver(late)
            await gateway.deliver(make.progress(student.id, COURSE, lesson_percentage=30))
            heard = [(await socket.hear("progress_update"))["data"]["progress_percentage"] for _ in range(2)]
        assert heard == [20, 30]

    async def test_completion_certificate_and_recalculation(self, gateway, live, people, make) -> None:
        student, _ = people
        async with live.open(f"/ws/course/{COURSE}/user/{student.id}/", student.token) as socket:
            fields = make.enrollment_fields(student.id, COURSE)
            await gateway.deliver(ProgressRecalculated(**fields | {"progress_percentage": 10}))
            done = {"status": "completed", "progress_percentage": 100, "completion_date": datetime.now(UTC)}
            await gateway.deliver(make.enrollment(student.id, COURSE, EnrollmentCompleted, **done))
            await gateway.deliver(_certificate(student.id))
            heard = [await socket.hear() for _ in range(4)]
        assert [one["type"] for one in heard] == [
            "progress_update", "course_completed", "milestone", "certificate_issued",
        ]  # fmt: skip
        assert heard[0]["data"]["lesson_id"] is None
        assert heard[2]["data"]["milestone"] == 100
        assert heard[3]["data"]["certificate_number"] == "CERT-7-1-1"

    async def test_what_the_course_is_told(self, gateway, live, people, make) -> None:
        student, teacher = people
        async with live.open(f"/ws/course/{COURSE}/user/{student.id}/", student.token) as socket:
            await gateway.deliver(
                TopicPublished(**_topic("announcement")),
                TopicPublished(**_topic("question")),
                TopicReplied(**_topic("question", reply_id=8, reply_user_id=2)),
                make.course(COURSE, [teacher.id], CourseUpdated, title="Renamed"),
                make.course(COURSE, [teacher.id], CourseUnpublished, is_published=False),
            )
            heard = [await socket.hear() for _ in range(5)]
        assert [(one["type"], one["data"].get("action")) for one in heard] == [
            ("announcement", "published"),
            ("discussion_update", "published"),
            ("discussion_update", "replied"),
            ("course_updated", "updated"),
            ("course_updated", "unpublished"),
        ]
        assert heard[0]["data"]["title"] == "Welcome"
        assert heard[2]["data"]["reply_id"] == 8

    async def test_of_other_courses_and_people_nothing(self, gateway, live, people, make, make_account) -> None:
        student, teacher = people
        other = await make_account("other@example.com")
        await gateway.deliver(
            make.course(8, [teacher.id]), make.enrollment(student.id, 8), make.enrollment(other.id, COURSE)
        )
        async with live.open(f"/ws/course/{COURSE}/user/{student.id}/", student.token) as socket:
            await gateway.deliver(
                make.progress(student.id, 8),
                make.progress(other.id, COURSE),
                ReviewCreated(version=1, review_id=1, user_id=1, course_id=COURSE, rating=5, is_approved=True),
                make.progress(student.id, COURSE, 456),
            )
            assert (await socket.hear())["data"]["lesson_id"] == 456

    async def test_a_deadline_is_told_a_day_ahead_once(self, gateway, live, people) -> None:
        student, _ = people
        now = datetime.now(UTC)
        due = now + timedelta(hours=20)
        fields = {"course_id": COURSE, "lesson_id": 1, "is_required": True, "passing_score": 70, "questions_count": 1}
        for number, when in ((1, due), (2, now + timedelta(hours=30)), (3, None), (4, now - timedelta(hours=1))):
            await gateway.deliver(
                AssessmentCreated(
                    version=1, assessment_id=number, title=f"Quiz {number}", due_date=when, is_deleted=False, **fields
                )
            )
        async with live.open(f"/ws/course/{COURSE}/user/{student.id}/", student.token) as socket:
            for when in (now, now, now + timedelta(hours=7)):
                async with gateway.database.transaction() as session:
                    await announce_deadlines(session, now=when)
            heard = [await socket.hear() for _ in range(2)]
        assert [(one["type"], one["data"]["assessment_id"]) for one in heard] == [("deadline", 1), ("deadline", 2)]
        assert datetime.fromisoformat(heard[0]["data"]["due_date"]) == due


class TestTheOtherChannels:
    async def test_notifications(self, gateway, live, people) -> None:
        student, _ = people
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as socket:
            await gateway.deliver(
                NotificationCreated(version=1, notification_id=4, user_id=student.id, type="graded"),
                NotificationCreated(version=1, notification_id=5, user_id=student.id + 999, type="graded"),
                BroadcastCreated(version=1, broadcast_id=6, type="maintenance", title="Down", body="At noon."),
                BroadcastCreated(version=1, broadcast_id=7, type="feature_announcement", title="New", body="Live."),
                TopicPublished(**_topic("announcement")),
                _certificate(student.id),
            )
            heard = [await socket.hear() for _ in range(5)]
        assert [one["type"] for one in heard] == [
            "notification", "maintenance", "feature_announcement", "announcement", "certificate_issued",
        ]  # fmt: skip
        assert heard[0]["data"] == {"notification_id": 4, "type": "graded"}
        assert heard[1]["data"]["title"] == "Down"

    async def test_instructors_follow_their_courses_also_new_ones(self, gateway, live, people, make) -> None:
        student, teacher = people
        async with live.open(f"/ws/instructor/{teacher.id}/", teacher.token) as socket:
            await gateway.deliver(
                make.enrollment(student.id + 1, COURSE),
                make.enrollment(student.id, COURSE, EnrollmentReactivated),
                ReviewCreated(version=1, review_id=1, user_id=1, course_id=COURSE, rating=5, is_approved=True),
                make.course(8, [999]),
                make.enrollment(student.id, 8),
                make.course(8, [999, teacher.id], CourseUpdated),
                make.enrollment(student.id + 1, 8),
                make.course(8, [999], CourseUpdated),
                make.enrollment(student.id + 2, 8),
                make.attempt(student.id, COURSE, AttemptGraded, submitted_by="user"),
            )
            heard = [await socket.hear() for _ in range(7)]
        assert [(one["type"], one["data"]["course_id"]) for one in heard] == [
            ("enrollment_created", COURSE),
            ("enrollment_created", COURSE),
            ("review_created", COURSE),
            ("course_updated", 8),
            ("enrollment_created", 8),
            ("assessment_submitted", COURSE),
            ("assessment_graded", COURSE),
        ]

    async def test_an_attempt_its_time_and_its_end_by_the_clock(self, gateway, live, people, make) -> None:
        student, teacher = people
        created = AssessmentCreated(
            version=1, assessment_id=30, title="Quiz", is_deleted=False, course_id=COURSE, lesson_id=1,
            is_required=True, passing_score=70, questions_count=1,
        )  # fmt: skip
        await gateway.deliver(created)
        soon = datetime.now(UTC) + timedelta(seconds=9)
        async with (
            live.open("/ws/assessment/30/", student.token) as socket,
            live.open("/ws/assessment/30/", teacher.token) as staff,
        ):
            await gateway.deliver(make.attempt(student.id, COURSE, expires_at=soon))
            first = await socket.hear()
            assert first["type"] == "attempt_time"
            assert first["id"] > 0
            assert 0 <= first["data"]["seconds_left"] <= 9
            tick = await socket.hear("attempt_time")
            assert tick["id"] is None
            assert tick["data"]["seconds_left"] <= first["data"]["seconds_left"]
            await gateway.deliver(
                make.attempt(student.id, COURSE, AttemptSubmitted, status="pending_review", submitted_by="system"),
                make.attempt(student.id, COURSE, AttemptGraded, score=3.0, score_percentage=75.0, passed=True),
            )
            for who in (socket, staff):
                submitted = await who.hear("assessment_submitted", "assessment_graded")
                graded = await who.hear("assessment_submitted", "assessment_graded")
                assert (submitted["type"], submitted["data"]["submitted_by"]) == ("assessment_submitted", "system")
                assert (graded["type"], graded["data"]["score_percentage"]) == ("assessment_graded", 75.0)

    async def test_one_who_comes_back_during_an_attempt_is_told_the_time_left(
        self, gateway, live, people, make
    ) -> None:
        student, _ = people
        until = datetime.now(UTC) + timedelta(minutes=5)
        await gateway.deliver(
            AssessmentCreated(
                version=1, assessment_id=30, title="Quiz", is_deleted=False, course_id=COURSE, lesson_id=1,
                is_required=True, passing_score=70, questions_count=1,
            ),
            make.attempt(student.id, COURSE, expires_at=until),
        )  # fmt: skip
        async with live.open("/ws/assessment/30/", student.token) as socket:
            assert 200 < (await socket.hear("attempt_time"))["data"]["seconds_left"] <= 300

    async def test_more_time_moves_the_clock_and_an_overtaken_start_does_not_move_it_back(
        self, gateway, live, people, make
    ) -> None:
        student, _ = people
        await gateway.deliver(
            AssessmentCreated(
                version=1, assessment_id=30, title="Quiz", is_deleted=False, course_id=COURSE, lesson_id=1,
                is_required=True, passing_score=70, questions_count=1,
            )
        )  # fmt: skip
        now = datetime.now(UTC)
        started = make.attempt(student.id, COURSE, expires_at=now + timedelta(minutes=5))
        later = now + timedelta(minutes=45)
        async with live.open("/ws/assessment/30/", student.token) as socket:
            await gateway.deliver(started)
            assert (await socket.hear("attempt_time"))["data"]["seconds_left"] <= 300
            await gateway.deliver(make.attempt(student.id, COURSE, AttemptExtended, expires_at=later), started)
            while (heard := await socket.hear("attempt_time"))["data"]["seconds_left"] <= 300:
                pass
            assert 2000 < heard["data"]["seconds_left"] <= 2700
            while (tick := await socket.hear("attempt_time"))["id"] is not None:
                pass
            assert datetime.fromisoformat(tick["data"]["expires_at"]) == later


def _certificate(user_id: int) -> CertificateIssued:
    now = datetime.now(UTC)
    return CertificateIssued(
        version=1,
        certificate_id=3,
        certificate_number="CERT-7-1-1",
        enrollment_id=1,
        user_id=user_id,
        course_id=COURSE,
        course_title="Course 7",
        status="active",
        completion_date=now,
        issued_at=now,
        verification_url="http://localhost/verify/CERT-7-1-1",
    )
