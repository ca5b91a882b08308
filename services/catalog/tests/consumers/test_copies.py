"""Copies of others' facts: right whatever is repeated, late or out of order."""

import asyncio
from datetime import UTC, datetime
from itertools import permutations
from random import Random

import pytest
from sqlalchemy import text

from shared.contracts.assessment.events import AssessmentCreated, AssessmentDeleted, AssessmentUpdated
from shared.contracts.catalog.events import CourseUpdated
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentCreated,
    EnrollmentReactivated,
    EnrollmentRestored,
    EnrollmentSuspended,
    EnrollmentUnenrolled,
    RatingChanged,
)
from shared.contracts.gateway.events import UserRegistered, UserUpdated
from shared.testing import ServiceUnderTest, statements

ENROLLED = datetime(2030, 1, 1, tzinfo=UTC)


def enrollment(event, course_id: int, version: int, *, user_id: int = 20):
    statuses = {
        EnrollmentUnenrolled: "unenrolled",
        EnrollmentSuspended: "suspended",
        EnrollmentCompleted: "completed",
    }
    return event(
        enrollment_id=500 + user_id,
        user_id=user_id,
        course_id=course_id,
        status=statuses.get(event, "active"),
        progress_percentage=0,
        completed_lessons=0,
        total_lessons=1,
        created_date=ENROLLED,
        version=version,
    )


class TestEnrollments:
    async def count(self, guest, course) -> int:
        return (await guest.get(f"/api/courses/{course['id']}/")).json()["enrolled_students_count"]

    async def test_active_and_completed_ones_count(self, catalog: ServiceUnderTest, published, guest) -> None:
        course = await published()
        story = [
            (EnrollmentCreated, 1),
            (EnrollmentSuspended, 0),
            (EnrollmentRestored, 1),
            (EnrollmentUnenrolled, 0),
            (EnrollmentReactivated, 1),
            (EnrollmentCompleted, 1),
        ]
        for version, (event, expected) in enumerate(story, start=1):
            await catalog.deliver(enrollment(event, course["id"], version))
            assert await self.count(guest, course) == expected, event
        await catalog.deliver(enrollment(EnrollmentCreated, course["id"], 1, user_id=21))
        assert await self.count(guest, course) == 2

    @pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
    async def test_in_any_order_the_last_state_holds(self, catalog, published, guest, order) -> None:
        course = await published()
        events = {1: EnrollmentCreated, 2: EnrollmentUnenrolled, 3: EnrollmentReactivated}
        for version in (*order, *order):
            await catalog.deliver(enrollment(events[version], course["id"], version))
        assert await self.count(guest, course) == 1
        detail = (await guest.get(f"/api/courses/{course['id']}/")).json()
        assert detail["last_enrollment_date"] == "2030-01-01T00:00:00Z"

    async def test_the_same_delivery_again_does_nothing(self, catalog, published, guest) -> None:
        course = await published()
        event, event_id = enrollment(EnrollmentCreated, course["id"], 1), "01890000-0000-7000-8000-000000000001"
        for _ in range(2):
            await catalog.deliver(event, event_id=event_id)
        assert await self.count(guest, course) == 1

    async def test_many_at_once_all_count_and_none_is_a_change_of_the_course(self, catalog, published, guest) -> None:
        course = await published()
        before = await catalog.events()
        learners = range(100, 112)
        await asyncio.gather(
            *(catalog.deliver(enrollment(EnrollmentCreated, course["id"], 1, user_id=n)) for n in learners)
        )
        assert await self.count(guest, course) == len(learners)
        assert await catalog.events() == before

    @pytest.mark.parametrize("seed", range(10))
    async def test_in_batches_they_come_to_the_same_as_one_by_one(self, catalog, published, guest, seed) -> None:
        drawn = Random(seed)
        kinds = (EnrollmentCreated, EnrollmentUnenrolled, EnrollmentSuspended, EnrollmentReactivated)
        story = [(drawn.choice(kinds), drawn.randint(1, 6), drawn.randint(1, 4)) for _ in range(40)]
        one_by_one, other, at_once = await published(), await published(), await published()
        for event, version, user_id in story:
            await catalog.deliver(enrollment(event, one_by_one["id"], version, user_id=user_id))
        left = [enrollment(event, at_once["id"], version, user_id=100 + user_id) for event, version, user_id in story]
        left.insert(20, enrollment(EnrollmentCreated, other["id"], 1, user_id=200))
        while left:
            size = drawn.randint(1, 12)
            batch, left = left[:size], left[size:]
            await catalog.deliver_at_once(*batch)
        assert await self.count(guest, at_once) == await self.count(guest, one_by_one)
        assert await self.count(guest, other) == 1
        detail = (await guest.get(f"/api/courses/{at_once['id']}/")).json()
        assert detail["last_enrollment_date"] == "2030-01-01T00:00:00Z"
        async with catalog.database.reading() as session:
            rows = await session.execute(text("SELECT course_id, user_id % 100, status, revision FROM enrollments"))
            kept = {course["id"]: set() for course in (one_by_one, other, at_once)}
            for course_id, *copy in rows:
                kept[course_id].add(tuple(copy))
        assert kept[at_once["id"]] == kept[one_by_one["id"]]

    @pytest.mark.parametrize("size", [1, 50])
    async def test_a_batch_takes_as_many_statements_whatever_its_size(self, catalog, published, size) -> None:
        courses = [await published() for _ in range(3)]
        events = [
            enrollment(EnrollmentCreated, courses[one % 3]["id"], 1, user_id=100 + one) for one in range(size + 1)
        ]
        await catalog.deliver_at_once(events.pop())  # a new connection asks for the server's kind
        with statements() as sent:
            await catalog.deliver_at_once(*events)
        assert len(sent) == 3

    async def test_of_a_course_that_is_not_here_it_is_kept_all_the_same(self, catalog) -> None:
        await catalog.deliver(enrollment(EnrollmentCreated, 999_999, 1))


class TestRatings:
    def rated(self, course_id: int, version: int, average: float, count: int) -> RatingChanged:
        return RatingChanged(course_id=course_id, version=version, average=average, count=count, histogram={})

    @pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
    async def test_in_any_order_the_last_one_shows(self, catalog, published, guest, order) -> None:
        course = await published()
        told = await catalog.events()
        for version in (*order, *order):
            await catalog.deliver(self.rated(course["id"], version, 3 + version / 2, version))
        [card] = (await guest.get("/api/courses/")).json()["results"]
        assert (card["avg_rating"], card["total_reviews"]) == (4.5, 3)
        assert await catalog.events() == told

    async def test_the_last_review_may_go(self, catalog, published, guest) -> None:
        course = await published()
        await catalog.deliver(self.rated(course["id"], 1, 5, 1), self.rated(course["id"], 2, 0, 0))
        detail = (await guest.get(f"/api/courses/{course['id']}/")).json()
        assert (detail["avg_rating"], detail["total_reviews"]) == (0.0, 0)

    async def test_of_a_course_that_is_not_here_does_nothing(self, catalog) -> None:
        await catalog.deliver(self.rated(999_999, 1, 5, 1))


class TestUsers:
    def renamed(self, version: int, name: str, user_id: int = 7) -> UserUpdated:
        return UserUpdated(user_id=user_id, full_name=name, role="instructor", is_active=True, version=version)

    async def names(self, guest, course) -> list[str]:
        return [one["name"] for one in (await guest.get(f"/api/courses/{course['id']}/")).json()["instructors"]]

    async def test_a_new_name_shows_and_is_told_with_each_course(self, catalog, published, guest) -> None:
        first, second = await published(), await published()
        told = len(await catalog.events())
        await catalog.deliver(self.renamed(2, "Grace Hopper"))
        assert await self.names(guest, first) == await self.names(guest, second) == ["Grace Hopper"]
        events = (await catalog.events())[told:]
        assert [(type(event), event.course_id, event.staff[0].name) for event in events] == [
            (CourseUpdated, first["id"], "Grace Hopper"),
            (CourseUpdated, second["id"], "Grace Hopper"),
        ]

    async def test_late_and_repeated_ones_change_nothing(self, catalog, published, guest) -> None:
        course = await published()
        await catalog.deliver(self.renamed(3, "Newest"))
        told = await catalog.events()
        registered = UserRegistered(user_id=7, full_name="Oldest", role="instructor", is_active=True, version=1)
        await catalog.deliver(self.renamed(2, "Older"), self.renamed(3, "Newest"), registered)
        assert await self.names(guest, course) == ["Newest"]
        assert await catalog.events() == told

    async def test_the_same_name_is_no_change_of_a_course(self, catalog, published) -> None:
        await published()
        told = await catalog.events()
        await catalog.deliver(self.renamed(2, "Grace Teacher"))
        assert await catalog.events() == told

    async def test_a_name_known_by_event_stays_when_the_user_makes_a_course(self, catalog, course) -> None:
        await catalog.deliver(self.renamed(5, "By event"))
        assert [one["name"] for one in (await course())["instructors"]] == ["By event"]

    async def test_a_name_that_changes_while_a_course_is_made(self, catalog, course, guest) -> None:
        await asyncio.gather(
            *(course() for _ in range(4)), *(catalog.deliver(self.renamed(n, f"Name {n}")) for n in (2, 3))
        )
        latest = {event.course_id: event for event in await catalog.events()}
        assert {event.staff[0].name for event in latest.values()} == {"Name 3"}


class TestAssessments:
    def event(self, kind, version: int, lesson_id: int, assessment_id: int = 9):
        return kind(
            assessment_id=assessment_id,
            course_id=1,
            lesson_id=lesson_id,
            title="Quiz",
            is_required=True,
            passing_score=70,
            questions_count=1,
            is_deleted=kind is AssessmentDeleted,
            version=version,
        )

    async def test_a_lesson_tells_its_assessment(self, catalog, published, guest) -> None:
        course = await published()
        lesson_id = course["modules"][0]["lessons"][0]["id"]

        async def shown() -> tuple:
            [card] = (await guest.get("/api/lessons/")).json()["results"]
            [outlined] = (await guest.get(f"/api/courses/{course['id']}/")).json()["modules"][0]["lessons"]
            assert outlined["assessment_id"] == card["assessment_id"]
            return outlined["has_assessment"], outlined["assessment_id"]

        created = self.event(AssessmentCreated, 1, lesson_id)
        await catalog.deliver(created, self.event(AssessmentUpdated, 2, lesson_id))
        assert await shown() == (True, 9)
        await catalog.deliver(self.event(AssessmentDeleted, 3, lesson_id), created)
        assert await shown() == (False, None)
        await catalog.deliver(self.event(AssessmentCreated, 1, lesson_id, assessment_id=10))
        assert await shown() == (True, 10)
