"""Events that people are notified of."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gateway.notifications.schedules import carry_out_fanouts
from shared.contracts.assessment.events import AssessmentUpdated, AttemptGraded
from shared.contracts.catalog.events import CategoryRef, CoursePublished, StaffMember
from shared.contracts.enrollment.events import EnrollmentCreated, TopicPublished, TopicReplied
from shared.testing import ServiceUnderTest, user

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
Listing = Callable[..., Awaitable[dict[str, Any]]]


class Make:
    """Events, with what a test does not care about filled in."""

    def course(self, course_id: int = 5, *, version: int = 1, staff: tuple[int, ...] = (), **fields: Any) -> Any:
        given = {
            "version": version, "course_id": course_id, "slug": f"course-{course_id}", "title": "Sailing",
            "category": CategoryRef(id=1, name="General", slug="general"), "level": "beginner", "language": "en",
            "price": 0, "has_certificate": True, "is_draft": False, "is_published": True, "is_deleted": False,
            "staff": [StaffMember(user_id=one, name="I", is_lead=place == 0) for place, one in enumerate(staff)],
            "modules": [],
        }  # fmt: skip
        return CoursePublished(**(given | fields))

    def enrollment(
        self, user_id: int, course_id: int = 5, *, kind: Any = EnrollmentCreated, version: int = 1, **fields: Any
    ) -> Any:
        given = {
            "version": version, "enrollment_id": course_id * 100_000 + user_id, "user_id": user_id,
            "course_id": course_id, "status": "active", "progress_percentage": 0, "completed_lessons": 0,
            "total_lessons": 4, "created_date": NOW,
        }  # fmt: skip
        return kind(**(given | fields))

    def graded(self, user_id: int, *, version: int = 2, score: float = 8, **fields: Any) -> AttemptGraded:
        given = {
            "version": version, "attempt_id": 31, "attempt_number": 1, "assessment_id": 9, "course_id": 5,
            "lesson_id": 12, "user_id": user_id, "status": "graded", "score": score, "max_score": 10,
            "score_percentage": score * 10, "passed": score >= 7, "has_passed": score >= 7, "start_time": NOW,
        }  # fmt: skip
        return AttemptGraded(**(given | fields))

    def topic(self, user_id: int, *, kind: str = "announcement", topic_id: int = 7, **fields: Any) -> Any:
        event = TopicReplied if "reply_id" in fields else TopicPublished
        given = {
            "version": 1, "topic_id": topic_id, "course_id": 5, "user_id": user_id, "kind": kind,
            "title": "Regatta moved", "pinned": False, "locked": False, "replies_count": 0, "last_activity": NOW,
        }  # fmt: skip
        return event(**(given | fields))

    def assessment(self, due_date: datetime | None, *, version: int = 1, **fields: Any) -> AssessmentUpdated:
        given = {
            "version": version, "assessment_id": 9, "course_id": 5, "lesson_id": 12, "title": "Final exam",
            "is_required": True, "passing_score": 70, "questions_count": 3, "is_deleted": False, "due_date": due_date,
        }  # fmt: skip
        return AssessmentUpdated(**(given | fields))


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def listing(gateway: ServiceUnderTest) -> Listing:
    """`await listing(user_id, unread=True)`: the user's notifications, after everything due was carried out."""

    async def get(user_id: int, **query: Any) -> dict[str, Any]:
        await carry_out_fanouts(gateway.database)
        answer: httpx.Response = await gateway.client(user(user_id)).get("/api/notifications/", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return get
