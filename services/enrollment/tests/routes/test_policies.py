"""How a course measures progress: set by its staff, counted by deltas, and anew in the background."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from enrollment.commands.policies import recalculate
from enrollment.queries.recount import find_differences
from enrollment.schedules import RECALCULATE, recalculate_stale
from shared.auth import ServiceCaller
from shared.contracts.assessment.events import AssessmentUpdated, AttemptGraded
from shared.contracts.catalog.events import LessonOutline, ModuleOutline
from shared.contracts.enrollment.events import EnrollmentCompleted, PolicyChanged, ProgressRecalculated
from shared.testing import ServiceUnderTest, user

TEACHER = user(500, "instructor")
POLICY = "/api/courses/5/progress-policy/"
Lessons = dict[int, tuple[str, int | None]]


async def ask(service: ServiceUnderTest, method: str, path: str, caller: Any = TEACHER, **given: Any) -> Any:
    async with service.client(caller) as client:
        return await client.request(method, path, **given)


async def put(service: ServiceUnderTest, **body: Any) -> Any:
    answer = await ask(service, "PUT", POLICY, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def modules(lessons: Lessons) -> list[ModuleOutline]:
    """One published module: `{11: ("video", 5)}`, type and minutes by lesson."""
    outlines = [
        LessonOutline(
            lesson_id=lesson, title=f"Lesson {lesson}", order=order, type=kind, duration_minutes=minutes,
            access_level="registered", is_free_preview=False,
        )
        for order, (lesson, (kind, minutes)) in enumerate(lessons.items(), start=1)
    ]  # fmt: skip
    return [ModuleOutline(module_id=1, title="Module", order=1, is_published=True, lessons=outlines)]


def assessment(number: int, version: int = 1, **changes: Any) -> AssessmentUpdated:
    fields = {"lesson_id": 11, "title": "Quiz", "is_required": True, "is_deleted": False, "passing_score": 50}
    fields |= {"course_id": 5, "questions_count": 1, "assessment_id": number, "version": version}
    return AssessmentUpdated(**fields | changes)


def graded(
    number: int, assessment_id: int, has_passed: bool, version: int = 1, user_id: int = 7, standing: int = 0
) -> AttemptGraded:
    return AttemptGraded(
        version=version, attempt_id=number, attempt_number=1, assessment_id=assessment_id, course_id=5, lesson_id=11,
        user_id=user_id, status="graded", max_score=1, has_passed=has_passed, standing_version=standing,
        start_time=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


async def percentage(service: ServiceUnderTest, user_id: int = 7) -> Any:
    [row] = (await ask(service, "GET", "/api/enrollments/", user(user_id))).json()["results"]
    return row["progress_percentage"], row["status"]


class TestSetPolicy:
    async def test_default_then_changed_and_told(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        default = (await ask(enrollment, "GET", POLICY, None)).json()
        assert default == {
            "course": 5,
            "method": "lessons",
            "weights": {"lesson": 1.0, "time": 1.0, "assessment": 1.0},
            "type_weights": {},
            "sequential": False,
            "is_recalculating": False,
            "updated_date": None,
        }
        weights = {"lesson": 0.5, "time": 0.3, "assessment": 0.2}
        body = await put(enrollment, method="weighted", weights=weights, type_weights={"video": 1, "lab_exercise": 2.5})
        assert (body["weights"], body["type_weights"]) == (weights, {"video": 1.0, "lab_exercise": 2.5})
        kept = await put(enrollment, method="weighted")
        patched = (await ask(enrollment, "PATCH", POLICY, json={"sequential": True})).json()
        assert (kept["weights"], patched["method"], patched["sequential"]) == (weights, "weighted", True)
        told = await enrollment.events(PolicyChanged)
        assert [(event.version, event.method, event.sequential) for event in told] == [
            (1, "weighted", False),
            (2, "weighted", True),
        ]
        assert await RECALCULATE.is_due(enrollment.database)
        await recalculate_stale(enrollment.database)
        assert not await RECALCULATE.is_due(enrollment.database)
        assert (await ask(enrollment, "GET", POLICY)).json()["is_recalculating"] is False

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "method"),
            ({"method": "luck"}, "method"),
            ({"method": None}, "method"),
            ({"weights": {}}, "weights"),
            ({"weights": {"lesson": 0}}, "weights"),
            ({"weights": None}, "weights"),
            ({"weights": {"lesson": -1}}, "weights.lesson"),
            ({"weights": {"time": 1001}}, "weights.time"),
            ({"weights": {"time": 10**400}}, "weights.time"),
            ({"weights": {"time": 0.00001}}, "weights.time"),
            ({"weights": {"assessment": "1"}}, "weights.assessment"),
            ({"weights": {"assessment": True}}, "weights.assessment"),
            ({"type_weights": {"video": 0}}, "type_weights.video"),
            ({"type_weights": {"nap": 1}}, "type_weights.nap.[key]"),
            ({"type_weights": []}, "type_weights"),
            ({"sequential": "yes"}, "sequential"),
        ],
    )
    async def test_bad_bodies_name_the_field(self, enrollment: ServiceUnderTest, body: Any, field: str) -> None:
        sent = body if field == "method" else {"method": "weighted"} | body
        answer = await ask(enrollment, "PUT", POLICY, json=sent)
        assert (answer.status_code, list(answer.json())) == (400, [field])

    @pytest.mark.parametrize(
        ("caller", "expected"),
        [
            (None, (200, 401)),
            (user(7), (200, 403)),
            (user(8, premium=True), (200, 403)),
            (TEACHER, (200, 200)),
            (user(501, "instructor"), (200, 403)),
            (user(1, "administrator"), (200, 200)),
        ],
    )
    async def test_permissions(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, caller: Any, expected: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll(7)
        enrollment.peers.answer("catalog", "/internal/courses/5/", course())
        got = await ask(enrollment, "GET", POLICY, caller)
        written = await ask(enrollment, "PUT", POLICY, caller, json={"method": "time"})
        assert (got.status_code, written.status_code) == expected

    async def test_an_unknown_course(self, enrollment: ServiceUnderTest) -> None:
        assert (await ask(enrollment, "GET", POLICY)).status_code == 503
        enrollment.peers.answer("catalog", "/internal/courses/5/", None)
        assert (await ask(enrollment, "PUT", POLICY, json={"method": "time"})).status_code == 404

    async def test_two_at_once(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        methods = ("time", "assessments", "weighted", "lessons")
        await asyncio.gather(*(put(enrollment, method=method) for method in methods))
        told = await enrollment.events(PolicyChanged)
        assert [event.version for event in told] == list(range(1, len(told) + 1))


class TestMeasure:
    async def test_time(self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any) -> None:
        await enrollment.deliver(course(modules=modules({11: ("video", 2), 12: ("video", 3), 13: ("quiz", None)})))
        await put(enrollment, method="time")
        await enroll()
        await write_progress(11, time_spent=9_999)
        assert await percentage(enrollment) == (40, "active")
        await write_progress(12, time_spent=179)
        assert await percentage(enrollment) == (99, "active")
        await write_progress(12, time_spent=180)
        assert await percentage(enrollment) == (100, "completed")

    async def test_types_weigh(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(modules=modules({11: ("video", 2), 12: ("lab_exercise", 3)})))
        await put(enrollment, method="lessons", type_weights={"lab_exercise": 2})
        await enroll()
        await write_progress(11, is_completed=True)
        assert await percentage(enrollment) == (33, "active")

    async def test_assessments(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(), assessment(1), assessment(2), assessment(3, is_required=False))
        await put(enrollment, method="assessments")
        await enroll()
        await write_progress(11, is_completed=True)
        await enrollment.deliver(graded(1, 1, True), graded(2, 3, True), graded(3, 2, False))
        assert await percentage(enrollment) == (50, "active")
        await enrollment.deliver(graded(1, 1, True), graded(3, 2, True, version=2), graded(3, 2, False, version=1))
        assert await percentage(enrollment) == (100, "completed")
        [recalculated] = await enrollment.events(ProgressRecalculated)
        [completed] = await enrollment.events(EnrollmentCompleted)
        assert (recalculated.progress_percentage, completed.version) == (50, recalculated.version + 1)
        await enrollment.deliver(graded(1, 1, False, version=3), assessment(4))
        await recalculate_stale(enrollment.database)
        assert await percentage(enrollment) == (100, "completed")

    async def test_the_newest_standing_in_an_assessment_wins_in_any_order(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course(), assessment(1), assessment(2))
        await put(enrollment, method="assessments")
        await enroll()
        await enrollment.deliver(graded(1, 1, False, standing=3))
        await enrollment.deliver(graded(2, 1, True, standing=2), graded(3, 1, True))
        assert await percentage(enrollment) == (0, "active")
        await enrollment.deliver(graded(1, 1, True, version=2, standing=4), graded(1, 1, False, standing=3))
        assert await percentage(enrollment) == (50, "active")

    async def test_what_was_passed_before_the_assessment_was_known(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        await put(enrollment, method="assessments")
        await enroll()
        await enrollment.deliver(graded(1, 1, True), assessment(1), assessment(2))
        await recalculate_stale(enrollment.database)
        assert await percentage(enrollment) == (50, "active")
        await enrollment.deliver(assessment(2, version=2, is_deleted=True), assessment(2))
        await recalculate_stale(enrollment.database)
        assert await percentage(enrollment) == (100, "completed")


class TestSequential:
    async def test_lessons_open_one_after_another(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, progress_of: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course())
        await put(enrollment, method="lessons", sequential=True)
        await enroll()
        rows = await progress_of()

        async def writing(lesson: int) -> tuple[int, Any]:
            answer = await ask(
                enrollment, "PATCH", f"/api/progress/{rows[lesson]['id']}/", user(7), json={"notes": "n"}
            )
            return answer.status_code, answer.json().get("details", {}).get("missing_lesson")

        async def lock(lesson: int) -> tuple[bool, Any]:
            path = f"/internal/lessons/{lesson}/lock/"
            answer = await ask(enrollment, "GET", path, ServiceCaller("catalog"), params={"user_id": 7})
            return answer.json()["is_locked"], answer.json()["missing_lesson"]

        assert [await writing(lesson) for lesson in (11, 12, 13)] == [(200, None), (403, 11), (403, 11)]
        assert [await lock(lesson) for lesson in (11, 12, 13)] == [(False, None), (True, 11), (True, 11)]
        await write_progress(11, is_completed=True)
        assert [await writing(lesson) for lesson in (11, 12, 13)] == [(200, None), (200, None), (403, 12)]
        await write_progress(12, is_completed=True)
        await write_progress(11, is_completed=False)
        assert [await writing(lesson) for lesson in (11, 12, 13)] == [(200, None), (200, None), (403, 11)]
        assert await lock(12) == (False, None)

    async def test_a_complete_enrollment_stays_open(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11]))
        await enroll()
        await write_progress(11, is_completed=True)
        await put(enrollment, method="lessons", sequential=True)
        await enrollment.deliver(course(lessons=[11, 12, 13], version=2))
        await write_progress(13, time_spent=5)

    async def test_the_lock_is_for_services_and_the_enrolled(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course())
        path, params = "/internal/lessons/11/lock/", {"user_id": 7}
        for caller, status in ((None, 401), (user(7), 404), (ServiceCaller("catalog"), 404)):
            assert (await ask(enrollment, "GET", path, caller, params=params)).status_code == status


class TestRecalculate:
    async def test_in_batches_with_learners_at_work(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(modules=modules({11: ("video", 1), 12: ("video", 3)})))
        learners = range(10, 17)
        for learner in learners:
            await enroll(learner)
            await write_progress(11, user_id=learner, is_completed=True, time_spent=60)
        await put(enrollment, method="time")
        assert (await ask(enrollment, "GET", POLICY)).json()["is_recalculating"] is True
        work = (write_progress(12, user_id=learner, time_spent=60) for learner in learners)
        await asyncio.gather(*work, *(recalculate_stale(enrollment.database, batch=2) for _ in range(3)))
        await recalculate_stale(enrollment.database)
        assert {await percentage(enrollment, learner) for learner in learners} == {(50, "active")}
        assert (await ask(enrollment, "GET", POLICY)).json()["is_recalculating"] is False

        await put(enrollment, method="lessons")
        await recalculate_stale(enrollment.database, batch=3)
        await assert_counters_right()
        before = len(await enrollment.events())
        await recalculate_stale(enrollment.database)
        assert len(await enrollment.events()) == before

    async def test_a_learner_writes_while_a_batch_of_others_is_open(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(modules=modules({11: ("video", 1), 12: ("video", 3)})))
        for learner in range(10, 15):
            await enroll(learner)
        await put(enrollment, method="time")
        async with enrollment.database.transaction() as session:
            assert await recalculate(session, 5, limit=2, now=datetime.now(UTC))
            await write_progress(12, user_id=14, time_spent=60)
            assert await percentage(enrollment, 14) == (25, "active")
        await recalculate_stale(enrollment.database)
        assert [difference async for difference in find_differences(enrollment.database)] == []

    async def test_those_that_are_due_are_completed_and_nobody_is_uncompleted(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(modules=modules({11: ("video", 1), 12: ("video", None)})))
        await enroll(7)
        await enroll(8)
        await write_progress(11, time_spent=60)
        await write_progress(11, user_id=8, is_completed=True)
        await put(enrollment, method="time")
        await recalculate_stale(enrollment.database)
        assert await percentage(enrollment) == (100, "completed")
        assert await percentage(enrollment, 8) == (0, "active")
        await put(enrollment, method="lessons")
        await recalculate_stale(enrollment.database)
        assert await percentage(enrollment) == (100, "completed")
        assert await percentage(enrollment, 8) == (50, "active")
        assert len(await enrollment.events(EnrollmentCompleted)) == 1

    async def test_a_locked_enrollment_is_left_for_the_next_time(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, write_progress: Any
    ) -> None:
        await enrollment.deliver(course(modules=modules({11: ("video", 1), 12: ("video", None)})))
        await enroll(7)
        await write_progress(11, time_spent=30)
        await put(enrollment, method="time")
        async with enrollment.database.transaction() as session:
            await session.execute(text("SELECT 1 FROM enrollments FOR UPDATE"))
            await recalculate_stale(enrollment.database)
        assert await percentage(enrollment) == (0, "active")
        await recalculate_stale(enrollment.database)
        assert await percentage(enrollment) == (50, "active")


class TestAnyOrder:
    """Updates, edits of the course, repeated and late events, several at once: as if computed from scratch at the end.

    `test_any_order.py` has more of them, one after another.
    """

    @pytest.mark.parametrize("seed", range(4))
    async def test_equals_computing_from_scratch(
        self,
        enrollment: ServiceUnderTest,
        course: Any,
        enroll: Any,
        progress_of: Any,
        assert_from_scratch: Any,
        seed: int,
    ) -> None:
        draw = random.Random(seed)
        kinds = ("video", "reading", "lab_exercise")
        pool: Lessons = dict.fromkeys(range(11, 16), ("video", 2))
        await enrollment.deliver(course(modules=modules(pool)))
        learners = (7, 8)
        for learner in learners:
            await enroll(learner)
        version = 1
        standing_of = draw.choice((*learners, None))
        past: list[Any] = []

        async def write() -> None:
            learner = draw.choice(learners)
            rows = await progress_of(learner)
            if rows:
                row = rows[draw.choice(list(rows))]
                change = draw.choice(
                    (
                        {"is_completed": True},
                        {"is_completed": False},
                        {"time_spent": row["time_spent"] + draw.randint(1, 90)},
                    )
                )
                answer = await ask(enrollment, "PATCH", f"/api/progress/{row['id']}/", user(learner), json=change)
                assert answer.status_code in (200, 404), answer.text  # another took the lesson out

        async def edit() -> None:
            nonlocal version
            version += 1
            chosen = {n: (draw.choice(kinds), draw.choice((None, 1, 2))) for n in draw.sample(range(11, 17), 4)}
            await tell(course(version=version, modules=modules(chosen)))

        async def change_policy() -> None:
            weights = {"lesson": draw.randint(1, 3), "time": draw.randint(0, 3), "assessment": draw.randint(0, 3)}
            method = draw.choice(("lessons", "time", "assessments", "weighted", "weighted"))
            kinds_weigh = draw.choice(({}, {"lab_exercise": 2.5}))
            await put(enrollment, method=method, weights=weights, type_weights=kinds_weigh)

        async def assess() -> None:
            flags = {"is_required": draw.random() < 0.8, "is_deleted": draw.random() < 0.2}
            await tell(assessment(draw.randint(1, 2), draw.randint(1, 20), **flags))

        async def grade() -> None:
            attempt, learner = draw.randint(1, 4), draw.choice(learners)
            number = attempt * 10 + learner
            version, passes = draw.randint(1, 9), draw.random() < 0.6
            if learner == standing_of:
                standing = draw.randint(1, 9)
                await tell(graded(number, attempt % 2 + 1, standing % 3 > 0, version, learner, standing))
            else:
                await tell(graded(number, attempt % 2 + 1, passes, version, learner))

        async def tell(event: Any) -> None:
            past.append(event)
            await enrollment.deliver(event, *draw.sample(past, min(len(past), 2)))

        async def settle() -> None:
            await recalculate_stale(enrollment.database, batch=1)

        seldom: tuple[Callable[[], Any], ...] = (write, grade, edit, change_policy, assess, settle)
        often = (write, write, grade)
        for _ in range(4):
            await asyncio.gather(*(draw.choice(seldom)() for _ in range(4)))
            await settle()
            for _ in range(4):
                await asyncio.gather(*(draw.choice(often)() for _ in range(2)))
                await assert_from_scratch()
