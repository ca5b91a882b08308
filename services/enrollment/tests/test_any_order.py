"""Progress is right after anything in any order: as if computed from the rows. Examples are drawn, and made small."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import strategies as st
from sqlalchemy import text

from enrollment.commands.enrollments import enroll, unenroll
from enrollment.commands.hot_heartbeats import count_heartbeat
from enrollment.commands.hot_progress import change_progress
from enrollment.commands.management import restore, suspend
from enrollment.commands.policies import PolicyChange, set_policy
from enrollment.domain.progress import ProgressChange
from enrollment.schedules import recalculate_stale
from shared.contracts.assessment.events import AssessmentUpdated, AttemptGraded
from shared.contracts.catalog.events import LessonOutline, ModuleOutline
from shared.errors import Invalid, NotFound, Refusal
from shared.testing import ServiceUnderTest, user
from shared.testing.properties import check_each

TEACHER = user(500, "instructor")
BEGIN = datetime(2026, 5, 4, 10, tzinfo=UTC)
LEARNERS, LESSONS, ASSESSMENTS = 2, 4, 2
OUTLINES = st.dictionaries(
    st.integers(0, LESSONS), st.tuples(st.sampled_from(["video", "lab_exercise"]), st.sampled_from([None, 1, 2]))
)
WEIGHTS = st.integers(0, 3)


def events(deleted: st.SearchStrategy[bool]) -> st.SearchStrategy[Any]:
    """What owners tell of the course; whether it is `deleted` with a new outline."""
    learner, number, version = st.integers(0, LEARNERS - 1), st.integers(0, ASSESSMENTS - 1), st.integers(1, 5)
    return st.one_of(
        st.tuples(st.just("outline"), st.integers(2, 9), OUTLINES, deleted),
        st.tuples(st.just("assessment"), number, version, st.booleans(), st.booleans()),
        st.tuples(st.just("standing"), learner, number, version, st.booleans()),
        st.tuples(st.just("attempt"), learner, number, version, st.booleans()),
    )


WORK = st.one_of(
    st.tuples(
        st.just("write"), st.integers(0, LEARNERS - 1), st.integers(0, LESSONS),
        st.sampled_from([True, True, False, None]), st.integers(0, 150),
    ),
    st.tuples(st.just("beat"), st.integers(0, LEARNERS - 1), st.integers(0, LESSONS)),
)  # fmt: skip
POLICIES = st.tuples(
    st.just("policy"), st.sampled_from(["lessons", "time", "assessments", "weighted"]), WEIGHTS, WEIGHTS, WEIGHTS,
    st.sampled_from([{"lab_exercise": 25_000}, {}]), st.booleans(),
)  # fmt: skip
OTHERS = st.one_of(
    st.tuples(st.sampled_from(["leave", "return", "suspend", "restore"]), st.integers(0, LEARNERS - 1)),
    st.tuples(st.just("settle")),
    st.tuples(st.just("again"), st.integers(0, 20)),
)
Step = tuple[Any, ...]


def _identity(event: Step) -> Step:
    """What an event is about, with its version: an owner says one thing of it, once."""
    return event[:2] if event[0] == "outline" else event[:3] if event[0] == "assessment" else event[:4]


class World:
    """A course of its own in the service under test, with its learners."""

    def __init__(self, service: ServiceUnderTest, course: Callable[..., Any], number: int) -> None:
        self._service, self._course = service, course
        self.course_id, self._base = number, number * 10
        self._now = BEGIN
        self._past: list[Any] = []

    def _learner(self, number: int) -> int:
        return self._base + number

    async def open(self) -> None:
        kinds = (("video", 1), ("lab_exercise", 2))
        await self._tell(self._outline(1, {number: kinds[number % 2] for number in range(LESSONS)}, False))
        for number in range(ASSESSMENTS):
            await self._tell(self._assessment(number, 0, True, False))
        for number in range(LEARNERS):
            await self.take("return", number)

    async def _tell(self, event: Any) -> None:
        self._past.append(event)
        await self._service.deliver(event)

    async def take(self, kind: str, *values: Any) -> None:
        """One step. What is refused changes nothing."""
        self._now += timedelta(seconds=40)
        with suppress(Refusal, Invalid, NotFound):
            if kind in ("outline", "assessment", "attempt", "standing"):
                await self._tell(getattr(self, f"_{kind}")(*values))
            elif kind == "again":
                await self._service.deliver(self._past[values[0] % len(self._past)])
            elif kind == "settle":
                await recalculate_stale(self._service.database, batch=1)
            elif kind in ("write", "beat"):
                await self._work(kind, *values)
            else:
                await self._change(kind, *values)

    def _outline(self, version: int, lessons: dict[int, tuple[str, int | None]], is_deleted: bool) -> Any:
        outlines = [
            LessonOutline(
                lesson_id=self._base + number, title="Lesson", order=order, type=kind, duration_minutes=minutes,
                access_level="registered", is_free_preview=False,
            )
            for order, (number, (kind, minutes)) in enumerate(lessons.items(), start=1)
        ]  # fmt: skip
        module = ModuleOutline(module_id=self._base, title="Module", order=1, is_published=True, lessons=outlines)
        return self._course(
            course_id=self.course_id,
            slug=f"course-{self.course_id}",
            version=version,
            modules=[module],
            is_deleted=is_deleted,
        )

    def _assessment(self, number: int, version: int, is_required: bool, is_deleted: bool) -> Any:
        return AssessmentUpdated(
            assessment_id=self._base + number, version=version, course_id=self.course_id, lesson_id=self._base,
            title="Quiz", is_required=is_required, is_deleted=is_deleted, passing_score=50, questions_count=1,
        )  # fmt: skip

    def _standing(self, learner: int, number: int, version: int, has_passed: bool) -> Any:
        attempt = self._attempt(learner, number, version, has_passed)
        return attempt.model_copy(update={"attempt_id": attempt.attempt_id + 5, "standing_version": version})

    def _attempt(self, learner: int, number: int, version: int, has_passed: bool) -> Any:
        return AttemptGraded(
            attempt_id=self._base * 10 + 10 * learner + number, version=version, attempt_number=1,
            assessment_id=self._base + number, course_id=self.course_id, lesson_id=self._base,
            user_id=self._learner(learner), status="graded", max_score=1, has_passed=has_passed, standing_version=0,
            start_time=BEGIN,
        )  # fmt: skip

    async def _work(self, kind: str, learner: int, lesson: int, *values: Any) -> None:
        row = await self._read(
            "SELECT progress.id FROM progress JOIN enrollments ON enrollments.id = enrollment_id"
            " WHERE user_id = :user_id AND course_id = :course_id AND lesson_id = :lesson_id",
            user_id=self._learner(learner), lesson_id=self._base + lesson,
        )  # fmt: skip
        if not row:
            return
        database, now = self._service.database, self._now
        if kind == "beat":
            await count_heartbeat(database, self._learner(learner), row[0].id, "active", None, now=now)
        else:
            change = ProgressChange(is_completed=values[0], time_spent=values[1])
            await change_progress(database, self._learner(learner), row[0].id, change, now=now)

    async def _change(self, kind: str, *values: Any) -> None:
        now = self._now
        async with self._service.database.transaction() as session:
            if kind == "policy":
                method, *weights, type_weights, sequential = values
                change = PolicyChange(method, *weights, type_weights=type_weights, sequential=sequential)
                await set_policy(session, TEACHER, self.course_id, change, now=now)
                return
            learner = self._learner(values[0])
            if kind == "return":
                await enroll(session, user(learner), self.course_id, now=now)
                return
            [row] = await self._read("SELECT id FROM enrollments WHERE user_id = :user_id", user_id=learner)
            if kind == "leave":
                await unenroll(session, learner, row.id, now=now)
            else:
                manage = suspend if kind == "suspend" else restore
                await manage(session, TEACHER, self.course_id, row.id, now=now)

    async def _read(self, statement: str, **values: Any) -> Sequence[Any]:
        async with self._service.database.reading() as session:
            named = values | ({"course_id": self.course_id} if ":course_id" in statement else {})
            return (await session.execute(text(statement), named)).all()

    async def completed(self) -> set[int]:
        rows = await self._read(
            "SELECT id FROM enrollments WHERE course_id = :course_id AND completion_date IS NOT NULL"
            " AND progress_percentage = 100"
        )
        return {row.id for row in rows}

    async def counters(self) -> Sequence[Any]:
        """What the present rows come to, without what is remembered of the past: when it was complete."""
        return await self._read(
            "SELECT user_id % 10, completed_lessons, total_lessons, total_time_spent, lesson_points,"
            " lesson_points_total, timely_seconds, expected_seconds, assessments_passed, assessments_required"
            " FROM enrollments WHERE course_id = :course_id ORDER BY user_id"
        )


@pytest.fixture
def worlds(enrollment: ServiceUnderTest, course: Any) -> Iterator[World]:
    return (World(enrollment, course, number) for number in count(1000))


async def test_any_history_equals_computing_from_scratch(worlds: Iterator[World], assert_from_scratch: Any) -> None:
    async def check(drawn: tuple[Step, list[Step]]) -> None:
        policy, steps = drawn
        world = next(worlds)
        await world.open()
        completed: set[int] = set()
        for step in (policy, ("settle",), *steps):
            await world.take(*step)
            assert completed <= await world.completed(), "nobody is un-completed"
            completed = await world.completed()
        await world.take("settle")
        await assert_from_scratch(world.course_id)

    seldom = events(st.booleans()) | POLICIES | OTHERS
    steps = st.lists(st.one_of(WORK, WORK, seldom), min_size=6, max_size=16)
    await check_each(25, st.tuples(POLICIES, steps), check)


async def test_events_come_to_the_same_in_any_order_and_repeated(worlds: Iterator[World]) -> None:
    """Of a course that is not deleted: a deleted one is left as it was at that time."""

    async def check(drawn: tuple[list[Step], Step, list[Step], list[int]]) -> None:
        work, policy, told, places = drawn
        shuffled = sorted(told, key=lambda event: places[told.index(event)])
        found = []
        for order in (told, [*shuffled, *told[:2]]):
            world = next(worlds)
            await world.open()
            for step in (*work, policy, *order, ("settle",)):
                await world.take(*step)
            found.append(await world.counters())
        assert found[0] == found[1]

    told = st.lists(events(st.just(False)), min_size=2, max_size=6, unique_by=_identity)
    places = st.permutations(range(6))
    await check_each(12, st.tuples(st.lists(WORK, max_size=6), POLICIES, told, places), check)
