"""The hot writes against the way with locks, which says what is right: same answers, rows, events and activity."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from enrollment.commands import hot_enroll, hot_heartbeats, hot_progress
from enrollment.commands.enrollments import enroll as enroll_with_locks
from enrollment.commands.heartbeats import beat
from enrollment.commands.hot_enroll import enroll_at_once
from enrollment.commands.hot_heartbeats import count_heartbeat
from enrollment.commands.hot_progress import change_progress
from enrollment.commands.progress import update_progress
from enrollment.domain.progress import ProgressChange
from enrollment.models import HeartbeatState
from shared.errors import Invalid
from shared.testing import ServiceUnderTest, statements, user

BEGIN = datetime(2026, 5, 4, 10, tzinfo=UTC)
CHANGES = st.builds(
    ProgressChange,
    is_completed=st.sampled_from([None, True, False]),
    progress_percentage=st.sampled_from([None, 0, 40, 99, 100]),
    time_spent=st.sampled_from([None, 0, 30, 5000, 200_000]),
    notes=st.sampled_from([None, "", "Mine."]),
)
BEATS = st.tuples(st.sampled_from(["active", "active", "paused", "idle"]), st.sampled_from([None, 0, 95]))
STEPS = st.lists(
    st.tuples(st.sampled_from([11, 12]), CHANGES | BEATS | BEATS, st.sampled_from([0.4, 1, 35, 1900, 90_000])),
    max_size=10,
)

ROWS = {
    "enrollments": "to_jsonb(t) - 'id' - 'user_id' FROM enrollments t WHERE user_id = :user_id",
    "progress": "to_jsonb(t) - 'id' - 'enrollment_id' FROM progress t WHERE enrollment_id = :id ORDER BY lesson_id",
    "activity": "to_jsonb(t) - 'user_id' FROM activity t WHERE user_id = :user_id ORDER BY hour, lesson_id, kind",
    "outbox": "json_build_array(type, version, data::jsonb - 'enrollment_id' - 'user_id' - 'progress_id')"
    " FROM outbox WHERE aggregate_id = CAST(:id AS text) ORDER BY id",
    "users": "to_jsonb(t) - 'user_id' FROM users t WHERE user_id = :user_id",
    "clocks": "counted_until FROM learner_clocks WHERE user_id = :user_id",
}


async def everything_of(service: ServiceUnderTest, user_id: int) -> dict[str, Sequence[Any]]:
    """All that is written about a user, without ids."""
    found = {}
    async with service.database.reading() as session:
        enrolled = text("SELECT id FROM enrollments WHERE user_id = :user_id")
        values = {"user_id": user_id, "id": await session.scalar(enrolled, {"user_id": user_id})}
        for table, row in ROWS.items():
            statement = text(f"SELECT {row}")
            named = {name: value for name, value in values.items() if f":{name}" in row}
            found[table] = (await session.scalars(statement, named)).all()
    return found


async def row_of(service: ServiceUnderTest, user_id: int, lesson: int) -> int:
    async with service.database.reading() as session:
        statement = text(
            "SELECT progress.id FROM progress JOIN enrollments ON enrollments.id = enrollment_id"
            " WHERE user_id = :user_id AND lesson_id = :lesson"
        )
        return int((await session.execute(statement, {"user_id": user_id, "lesson": lesson})).scalar_one())


Step = ProgressChange | tuple[HeartbeatState, int | None]


async def change_by(
    service: ServiceUnderTest, is_hot: bool, user_id: int, lesson: int, change: Step, now: datetime
) -> Any:
    """What stands after a change or a heartbeat on one of the two ways, or why there is none."""
    return await change_row(service, is_hot, user_id, await row_of(service, user_id, lesson), change, now)


async def change_row(
    service: ServiceUnderTest, is_hot: bool, user_id: int, row: int, change: Step, now: datetime
) -> Any:
    if not isinstance(change, ProgressChange):
        return await _beat_by(service, is_hot, user_id, row, change, now)
    try:
        if is_hot:
            progress, its_lesson, enrollment = await change_progress(service.database, user_id, row, change, now=now)
        else:
            async with service.database.transaction() as session:
                progress, its_lesson, enrollment = await update_progress(session, user_id, row, change, now=now)
    except Invalid as error:
        return error.errors
    return (
        progress.progress_percentage, progress.completed_date, progress.time_spent, progress.notes,
        progress.last_accessed, its_lesson.title, its_lesson.module_id, enrollment.status,
        enrollment.progress_percentage,
    )  # fmt: skip


async def _beat_by(
    service: ServiceUnderTest, is_hot: bool, user_id: int, row: int, told: tuple[HeartbeatState, int | None], now: Any
) -> Any:
    if is_hot:
        progress, added = await count_heartbeat(service.database, user_id, row, *told, now=now)
    else:
        async with service.database.transaction() as session:
            progress, added = await beat(session, user_id, row, *told, now=now)
    return progress.time_spent, progress.counted_until, progress.position_seconds, added


@pytest.fixture
def hot_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is left to the way with locks."""

    async def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("left to the way with locks")

    monkeypatch.setattr(hot_progress, "update_progress", refuse)
    monkeypatch.setattr(hot_heartbeats, "beat", refuse)


@pytest.fixture
async def two_courses(enrollment: ServiceUnderTest, course: Any, enroll: Any) -> datetime:
    """Learner 7 has told of lessons 11 and 21, of two courses, at once; 30 seconds later, which is told here."""
    await enrollment.deliver(course(), course(course_id=6, slug="second", lessons=[21]))
    await enroll()
    await enroll(ref=6)
    for lesson in (11, 21):
        await change_by(enrollment, False, 7, lesson, ("active", None), BEGIN)
    return BEGIN + timedelta(seconds=30)


class TestTheSame:
    @pytest.mark.usefixtures("hot_only")
    async def test_any_changes_of_progress_and_heartbeats(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        learners = iter(range(1000, 100_000, 2))

        async def compare(steps: list[tuple[int, Step, float]]) -> None:
            first = next(learners)
            for learner in (first, first + 1):
                async with enrollment.database.transaction() as session:
                    await enroll_with_locks(session, user(learner), 5, now=BEGIN)
                await change_by(enrollment, False, learner, 11, ("active", None), BEGIN)
            now = BEGIN
            for lesson, change, later in steps:
                now += timedelta(seconds=later)
                hot = await change_by(enrollment, True, first, lesson, change, now)
                assert hot == await change_by(enrollment, False, first + 1, lesson, change, now)
            assert await everything_of(enrollment, first) == await everything_of(enrollment, first + 1)

        loop = asyncio.get_running_loop()

        @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(STEPS)
        def check(steps: list[tuple[int, Step, float]]) -> None:
            asyncio.run_coroutine_threadsafe(compare(steps), loop).result()

        await asyncio.to_thread(check)

    @pytest.mark.parametrize("lessons", [[], [11], [13, 11, 12]])
    async def test_an_enrollment(self, enrollment: ServiceUnderTest, course: Any, lessons: list[int]) -> None:
        await enrollment.deliver(course(lessons=lessons, hidden=[21]))
        hot = await enroll_at_once(enrollment.database, user(1), "first-aid", now=BEGIN)
        async with enrollment.database.transaction() as session:
            await enroll_with_locks(session, user(2), 5, now=BEGIN)
        assert hot is not None
        assert hot.current_lesson == (lessons[0] if lessons else None)
        assert await everything_of(enrollment, 1) == await everything_of(enrollment, 2)


class TestTogether:
    """What is asked at the same time is written by one statement."""

    @pytest.mark.usefixtures("hot_only")
    async def test_changes_of_many_learners(self, enrollment: ServiceUnderTest, course: Any) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        learners = range(1000, 1012)
        for learner in learners:
            async with enrollment.database.transaction() as session:
                await enroll_with_locks(session, user(learner), 5, now=BEGIN)
            await change_by(enrollment, False, learner, 11, ("active", None), BEGIN)
        steps: list[tuple[int, Step]] = [
            (11, ProgressChange(progress_percentage=40, notes="Mine; 'quoted' \\ é")),
            (12, ProgressChange(is_completed=True, time_spent=30)),
            (11, ProgressChange(time_spent=200_000)),
            (11, ("active", 95)),
            (11, ProgressChange(is_completed=True)),
            (11, ProgressChange(is_completed=False)),
        ]
        for number, _ in enumerate(steps):
            now = BEGIN + timedelta(seconds=35 * (number + 1))
            # Each learner is a step ahead of the one before.
            at = {learner: steps[(number + (learner - 1000) // 2) % len(steps)] for learner in learners}
            rows = {learner: await row_of(enrollment, learner, at[learner][0]) for learner in learners[::2]}
            with statements() as sent:
                hot = await asyncio.gather(
                    *(change_row(enrollment, True, each, row, at[each][1], now) for each, row in rows.items())
                )
            assert len(sent) == 4
            assert hot == [await change_by(enrollment, False, each, *at[each], now) for each in learners[1::2]]
        for first in learners[::2]:
            assert await everything_of(enrollment, first) == await everything_of(enrollment, first + 1)

    @pytest.mark.usefixtures("hot_only")
    async def test_heartbeats_of_one_learner_in_two_courses(
        self, enrollment: ServiceUnderTest, two_courses: datetime, assert_counters_right: Any
    ) -> None:
        beats = (change_by(enrollment, True, 7, lesson, ("active", None), two_courses) for lesson in (11, 21))
        await asyncio.gather(*beats)
        rows = (await everything_of(enrollment, 7))["enrollments"]
        assert sorted(row["total_time_spent"] for row in rows) == [0, 30]
        await assert_counters_right()

    async def test_enrollments(self, enrollment: ServiceUnderTest, course: Any, assert_counters_right: Any) -> None:
        await enrollment.deliver(course(lessons=[13, 11]), course(course_id=6, slug="second", lessons=[21]))
        asked = [(1, "5"), (3, "6"), (1, "5"), (5, "5"), (1, "6"), (7, "9")]
        with statements() as sent:
            enrolled = await asyncio.gather(
                *(enroll_at_once(enrollment.database, user(each), ref, now=BEGIN) for each, ref in asked)
            )
        assert len(sent) == 2
        seen = [each and (each.enrollment.user_id, each.course.course_id, each.current_lesson) for each in enrolled]
        assert seen == [(1, 5, 13), (3, 6, 21), None, (5, 5, 13), (1, 6, 21), None]
        async with enrollment.database.transaction() as session:
            await enroll_with_locks(session, user(2), 5, now=BEGIN)
        assert await everything_of(enrollment, 5) == await everything_of(enrollment, 2)
        await assert_counters_right()

    async def test_nobody_waits_for_a_row_that_is_anothers(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll(7)
        await enroll(8)
        done, now = ProgressChange(is_completed=True), datetime.now(UTC)
        async with enrollment.database.transaction() as session:
            await session.execute(text("SELECT FROM enrollments WHERE user_id = 7 FOR UPDATE"))
            held = asyncio.create_task(change_by(enrollment, True, 7, 11, done, now))
            await change_by(enrollment, True, 8, 11, done, now)
            assert not held.done()
        await held
        for learner in (7, 8):
            [row] = (await everything_of(enrollment, learner))["enrollments"]
            assert row["completed_lessons"] == 1
        await assert_counters_right()

    @pytest.fixture
    async def held_up(self, enrollment: ServiceUnderTest) -> AsyncIterator[None]:
        """Whoever changes the enrollment of learner 7 waits for a lock first."""
        async with enrollment.database.transaction() as session:
            for statement in HOLD_UP:
                await session.execute(text(statement))
        yield
        async with enrollment.database.transaction() as session:
            await session.execute(text("DROP FUNCTION hold_up CASCADE"))

    @pytest.mark.usefixtures("held_up")
    @pytest.mark.parametrize("what", [ProgressChange(is_completed=True), ("active", None)], ids=["change", "heartbeat"])
    async def test_one_is_changed_while_the_statement_runs(
        self, enrollment: ServiceUnderTest, course: Any, assert_counters_right: Any, what: Step
    ) -> None:
        """The first is held up in the middle of it, so that the second is another when its turn comes.

        PostgreSQL then looks at it anew, and has been seen to crash when it chose partitions in the same statement
        afterwards.
        """
        await enrollment.deliver(course())
        learners, now = (7, 8, 9), datetime.now(UTC)
        for learner in (*learners, 10):
            async with enrollment.database.transaction() as session:
                await enroll_with_locks(session, user(learner), 5, now=now - timedelta(seconds=40))
            await change_by(enrollment, False, learner, 11, ("active", None), now - timedelta(seconds=30))
        rows = {learner: await row_of(enrollment, learner, 11) for learner in learners}
        async with asyncio.TaskGroup() as group, enrollment.database.transaction() as holding:
            await holding.execute(text("SELECT pg_advisory_xact_lock(1)"))
            with statements() as sent:
                for learner, row in rows.items():
                    group.create_task(change_row(enrollment, True, learner, row, what, now))
                async with asyncio.timeout(10):
                    while not await holding.scalar(text(IS_HELD_UP)):
                        await asyncio.sleep(0.01)
            assert len([one for one in sent if one != IS_HELD_UP]) == 2
            async with enrollment.database.transaction() as session:
                await session.execute(text("UPDATE enrollments SET updated_date = updated_date WHERE user_id = 8"))
        await change_by(enrollment, False, 10, 11, what, now)
        for learner in learners:
            assert await everything_of(enrollment, learner) == await everything_of(enrollment, 10)
        await assert_counters_right()


HOLD_UP = (
    """
    CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock(1);
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER hold_up BEFORE UPDATE ON enrollments FOR EACH ROW WHEN (NEW.user_id = 7) EXECUTE FUNCTION hold_up()
    """,
)
IS_HELD_UP = """
    SELECT count(*) > 0 FROM pg_locks JOIN pg_database ON pg_database.oid = database
    WHERE datname = current_database() AND locktype = 'advisory' AND objid = 1 AND NOT granted
"""
"""In this database: pg_locks has those of all."""


class TestSomebodyWasFaster:
    @pytest.fixture
    def meanwhile(self, enrollment: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> Any:
        """What happens between the two statements, once."""

        def set_up(act: Any) -> None:
            read = enrollment.database.read_together

            async def read_then_act(*arguments: Any) -> Any:
                monkeypatch.setattr(enrollment.database, "read_together", read)
                found = await read(*arguments)
                await act()
                return found

            monkeypatch.setattr(enrollment.database, "read_together", read_then_act)

        return set_up

    @pytest.mark.usefixtures("hot_only")
    async def test_a_change_of_another_lesson_is_not_lost(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, meanwhile: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        await enroll()
        done, now = ProgressChange(is_completed=True), datetime.now(UTC)
        meanwhile(lambda: change_by(enrollment, True, 7, 12, done, now))
        await change_by(enrollment, True, 7, 11, done, now)
        [row] = (await everything_of(enrollment, 7))["enrollments"]
        assert (row["completed_lessons"], row["status"], row["revision"]) == (2, "completed", 4)
        await assert_counters_right()

    async def test_a_lesson_that_leaves_the_course_is_not_counted(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, meanwhile: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11, 12]))
        await enroll()
        row = await row_of(enrollment, 7, 11)
        meanwhile(lambda: enrollment.deliver(course(lessons=[12], version=2)))
        async with enrollment.client(user(7)) as client:
            answer = await client.patch(f"/api/progress/{row}/", json={"is_completed": True})
        assert answer.status_code == 404
        await assert_counters_right()

    async def test_a_lesson_that_comes_is_in_the_new_enrollment(
        self, enrollment: ServiceUnderTest, course: Any, meanwhile: Any, enroll: Any, assert_counters_right: Any
    ) -> None:
        await enrollment.deliver(course(lessons=[11]))
        meanwhile(lambda: enrollment.deliver(course(lessons=[11, 12], version=2)))
        assert (await enroll())["total_lessons"] == 2
        await assert_counters_right()

    @pytest.mark.usefixtures("hot_only")
    async def test_time_counted_in_another_course_is_not_counted_twice(
        self, enrollment: ServiceUnderTest, two_courses: datetime, meanwhile: Any, assert_counters_right: Any
    ) -> None:
        active = ("active", None)
        meanwhile(lambda: change_by(enrollment, True, 7, 21, active, two_courses))
        await change_by(enrollment, True, 7, 11, active, two_courses)
        rows = (await everything_of(enrollment, 7))["enrollments"]
        assert sorted(row["total_time_spent"] for row in rows) == [0, 30]
        await assert_counters_right()

    async def test_who_enrolls_twice_is_refused_once(
        self, enrollment: ServiceUnderTest, course: Any, meanwhile: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        meanwhile(enroll)
        async with enrollment.client(user(7)) as client:
            answer = await client.post("/api/courses/5/enroll/")
        assert (answer.status_code, answer.json()["code"]) == (400, "ALREADY_ENROLLED")

    async def test_fifty_at_once_on_one_enrollment_lose_nothing(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, assert_counters_right: Any
    ) -> None:
        lessons = list(range(1, 11))
        await enrollment.deliver(course(lessons=lessons))
        await enroll()
        now = datetime.now(UTC)
        await asyncio.gather(
            *(
                change_by(enrollment, True, 7, lesson, ProgressChange(time_spent=part, is_completed=part == 50), now)
                for lesson in lessons
                for part in (10, 20, 30, 40, 50)
            )
        )
        [row] = (await everything_of(enrollment, 7))["enrollments"]
        assert row["total_time_spent"] == 500
        await assert_counters_right()
        told = (await everything_of(enrollment, 7))["outbox"]
        assert [version for _, version, _ in told] == list(range(1, len(told) + 1))


def test_statements_are_constants() -> None:
    """Prepared once on each connection: no value is part of a statement."""
    hot = (hot_progress, hot_heartbeats, hot_enroll)
    for statement in (*(module.WRITE for module in hot), hot_progress.READ, hot_heartbeats.READ, hot_enroll.READ_BY_ID):
        assert "%(" in statement
        assert "{" not in statement.replace("'{}'", "")


def test_rows_can_be_written_to_in_a_process_that_has_made_none() -> None:
    """As the first request does to an API process without a worker."""
    program = """if True:
        from enrollment.commands.hot_progress import _ENROLLMENT, rows_of
        from enrollment.models import Enrollment
        (row,) = rows_of(range(len(_ENROLLMENT)), (Enrollment, _ENROLLMENT))
        row.progress_percentage += 1
        print(row.id, row.progress_percentage)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "0 5\n", done.stderr
