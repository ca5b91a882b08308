"""Writing progress as most of it is written: two statements, and no transaction held between them.

The first reads all that decides, in one snapshot. The rules are the same functions as in `commands.progress`. The
second writes the result, with the outbox row and the activity, if the enrollment is still the version that was read:
whoever changes a row of progress, or which lessons are counted, writes the enrollment too, so its `xmin` guards all
of them. If it is not, or somebody holds it, somebody was faster, and what stands now is read anew. Both are statements
for many (`shared.together`): changes that come at the same time are committed as one. Whatever is out of the ordinary
(a policy that weighs or orders lessons, a suspension, no such row) is left to `commands.progress`.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import Any, LiteralString

from sqlalchemy.orm.attributes import manager_of_class

from enrollment.commands.activity import HOT_NOTE, acts_told, values_of
from enrollment.commands.progress import acts_of, events_of, lesson_progress, update_progress, write
from enrollment.domain.completion import percentage_of
from enrollment.domain.progress import ProgressChange, apply_change
from enrollment.models import Enrollment, Lesson, Progress, Table
from shared import outbox
from shared.conditional import pending
from shared.database import Database
from shared.together import for_many, with_asked

ATTEMPTS = 3

Table.registry.configure()  # else the first constructor would do it, and `rows_of` calls none

_PROGRESS = (
    "id", "enrollment_id", "lesson_id", "is_completed", "completed_date", "time_spent", "progress_percentage",
    "position_seconds", "notes", "last_accessed",
)  # fmt: skip
_ENROLLMENT = (
    "id", "user_id", "course_id", "status", "progress_percentage", "completed_lessons", "total_lessons",
    "total_time_spent", "last_accessed", "last_lesson_accessed", "completion_date", "revision", "created_date",
)  # fmt: skip
_LESSON = ("lesson_id", "module_id", "title")


def columns_of(**tables: tuple[str, ...]) -> Any:
    """The columns of some tables, as a statement lists them."""
    return ", ".join(f"{table}.{name}" for table, names in tables.items() for name in names)


LESSON: LiteralString = """
    (SELECT * FROM progress WHERE id = %(progress_id)s LIMIT 1) AS progress
    CROSS JOIN LATERAL (SELECT xmin, * FROM enrollments WHERE id = progress.enrollment_id LIMIT 1) AS enrollments
    JOIN lessons ON lessons.course_id = enrollments.course_id AND lessons.lesson_id = progress.lesson_id
    LEFT JOIN progress_policies AS policy ON policy.course_id = enrollments.course_id
"""
"""The row first, and apart (LIMIT 1): joined freely, PostgreSQL reads all enrollments of the learner, and looks for the
row in every partition for each of them."""
IS_PLAINLY_OPEN: LiteralString = """
    enrollments.user_id = %(user_id)s AND status IN ('active', 'completed') AND is_counted
    AND (policy.course_id IS NULL OR (method = 'lessons' AND type_weights = '{}' AND NOT sequential))
"""
"""A lesson that the learner may work on, in a course that counts lessons."""

READ = for_many(
    f"""
    SELECT enrollments.xmin::text, {columns_of(progress=_PROGRESS, enrollments=_ENROLLMENT, lessons=_LESSON)}
    FROM {LESSON} WHERE {IS_PLAINLY_OPEN}
    """,  # noqa: S608
    progress_id="bigint",
    user_id="bigint",
)

_ASKED = with_asked(
    seen="xid",
    enrollment_id="bigint",
    status="text",
    share="integer",
    completed_lessons="integer",
    total_time_spent="bigint",
    completion_date="timestamptz",
    revision="bigint",
    lesson_id="bigint",
    is_completed="boolean",
    completed_date="timestamptz",
    time_spent="integer",
    progress_percentage="integer",
    notes="text",
    now="timestamptz",
    acts="json",
    **outbox.HOT_VALUES,
)

WRITE: LiteralString = f"""
    {_ASKED}, held AS MATERIALIZED (
        SELECT asked.*, ARRAY[enrollment_id] AS its_id FROM asked CROSS JOIN LATERAL (
            SELECT FROM enrollments WHERE id = asked.enrollment_id AND xmin = asked.seen FOR NO KEY UPDATE SKIP LOCKED
        ) AS its_row
    ), changed AS (
        UPDATE enrollments SET
            status = held.status, progress_percentage = share, completed_lessons = held.completed_lessons,
            total_time_spent = held.total_time_spent, last_accessed = now, last_lesson_accessed = lesson_id,
            completion_date = held.completion_date, revision = held.revision,
            updated_date = CASE WHEN enrollments.revision = held.revision THEN updated_date ELSE now END
        FROM held WHERE enrollments.id = held.enrollment_id
        RETURNING held.*
    ), written AS (
        UPDATE progress SET
            is_completed = changed.is_completed, completed_date = changed.completed_date,
            time_spent = changed.time_spent, progress_percentage = changed.progress_percentage, notes = changed.notes,
            last_accessed = now, updated_date = now
        FROM changed
        WHERE progress.enrollment_id = ANY (its_id) AND progress.lesson_id = changed.lesson_id
    ), told AS (
        {outbox.HOT_RECORD} RETURNING 1
    ), noted AS (
        {HOT_NOTE}
    )
    SELECT n, (SELECT count(*) FROM told) FROM changed
"""  # noqa: S608
"""Of two for one enrollment one is carried out: its row is updated once.

`its_id` keeps PostgreSQL from choosing a partition while the statement runs, and has it look into all 16: version 18
(seen with 18.6) crashes when it chooses after `held` has met a row that was another by the time it was held.
"""


async def change_progress(
    database: Database, learner_id: int, progress_id: int, change: ProgressChange, *, now: datetime
) -> tuple[Progress, Lesson, Enrollment]:
    """As `commands.progress.update_progress`, with its errors, in transactions of its own."""
    if pending() is None:
        for _ in range(ATTEMPTS):
            found = await database.read_together(READ, {"progress_id": progress_id, "user_id": learner_id})
            if found is None:
                break
            progress, enrollment, lesson = rows_of(
                found[1:], (Progress, _PROGRESS), (Enrollment, _ENROLLMENT), (Lesson, _LESSON)
            )
            if await outbox.write(database, WRITE, {"seen": found[0], **_apply(enrollment, progress, change, now)}):
                return progress, lesson, enrollment
    async with database.transaction() as session:
        return await update_progress(session, learner_id, progress_id, change, now=now)


def rows_of(found: Sequence[Any], *kinds: tuple[type[Table], tuple[str, ...]]) -> list[Any]:
    """The rows whose columns these are, of no session. Past the constructor, which notes each column as a change."""
    values, rows = iter(found), []
    for kind, names in kinds:
        row = manager_of_class(kind).new_instance()
        row.__dict__.update(zip(names, islice(values, len(names)), strict=True))
        rows.append(row)
    return rows


def _apply(enrollment: Enrollment, progress: Progress, change: ProgressChange, now: datetime) -> dict[str, Any]:
    """Change the rows, and give the values that write them. Raises Invalid."""
    before = lesson_progress(progress)
    after = apply_change(before, change, keeps_completion=enrollment.completion_date is not None)
    acts = acts_of(enrollment, progress, before, after, now)
    write(progress, after, now)
    enrollment.completed_lessons += after.is_completed - before.is_completed
    enrollment.total_time_spent += after.time_spent - before.time_spent
    enrollment.progress_percentage = percentage_of(enrollment, None)
    enrollment.last_accessed, enrollment.last_lesson_accessed = now, progress.lesson_id
    events = events_of(enrollment, progress, None, now) if after != before else []
    return {
        "enrollment_id": enrollment.id,
        "status": enrollment.status,
        "share": enrollment.progress_percentage,
        "completed_lessons": enrollment.completed_lessons,
        "total_time_spent": enrollment.total_time_spent,
        "completion_date": enrollment.completion_date,
        "revision": enrollment.revision,
        "lesson_id": progress.lesson_id,
        "is_completed": progress.is_completed,
        "completed_date": progress.completed_date,
        "time_spent": progress.time_spent,
        "progress_percentage": progress.progress_percentage,
        "notes": progress.notes,
        "now": now,
        "acts": values_of([*acts_told(events), *acts]),
        **outbox.values_of(*events),
    }
