"""The log of messages, attempts and assessments, and who may listen to what. SQL only."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.assessment.events import AssessmentState, AttemptState
from shared.database import driver_of

KEPT_HOURS = 48
_LOCKED = "push_log_locked"

_LOCK: LiteralString = "SELECT pg_advisory_xact_lock(hashtext(current_schema() || '_push'))"
_ATTEMPT = text("""
    WITH had AS (SELECT status FROM push_attempts WHERE attempt_id = :attempt_id), taken AS (
        INSERT INTO push_attempts (attempt_id, user_id, assessment_id, status, expires_at, revision)
        VALUES (:attempt_id, :user_id, :assessment_id, :status, :expires_at, :revision)
        ON CONFLICT (attempt_id) DO UPDATE
        SET status = excluded.status, expires_at = excluded.expires_at, revision = excluded.revision
        WHERE push_attempts.revision < excluded.revision
        RETURNING 1
    )
    SELECT had.status FROM taken LEFT JOIN had ON true
""")
_ASSESSMENT = text("""
    INSERT INTO push_assessments (assessment_id, course_id, lesson_id, title, due_date, is_deleted, revision)
    VALUES (:assessment_id, :course_id, :lesson_id, :title, :due_date, :is_deleted, :revision)
    ON CONFLICT (assessment_id) DO UPDATE
    SET title = excluded.title, due_date = excluded.due_date, is_deleted = excluded.is_deleted,
        revision = excluded.revision
    WHERE push_assessments.revision < excluded.revision
""")
_COURSE_OF = text("SELECT course_id FROM push_assessments WHERE assessment_id = :assessment_id AND NOT is_deleted")
_RUNNING = text("""
    SELECT attempt_id, expires_at FROM push_attempts
    WHERE user_id = :user_id AND assessment_id = :assessment_id AND status = 'in_progress'
    ORDER BY attempt_id DESC LIMIT 1
""")
_ACCESS = text("""
    SELECT course_id, false AS teaches FROM course_members
    WHERE user_id = :user_id AND status IN ('active', 'completed')
      AND (CAST(:course_id AS bigint) IS NULL OR course_id = :course_id)
    UNION ALL
    SELECT course_id, true FROM course_staff
    WHERE user_id = :user_id AND (CAST(:course_id AS bigint) IS NULL OR course_id = :course_id)
""")
_COURSE = text("SELECT revision FROM courses WHERE course_id = :course_id")
_STAFF = text("SELECT user_id FROM course_staff WHERE course_id = :course_id")
_BOUNDS = text("SELECT coalesce(min(id), 0) AS first, coalesce(max(id), 0) AS last FROM push_messages")
_STRETCH = text("""
    SELECT id, audience, type, course_id, assessment_id, data::text AS data, created_date FROM push_messages
    WHERE audience = ANY(:audiences) AND id > :after AND id <= :upto ORDER BY id LIMIT :limit
""")
_TRIM = text("DELETE FROM push_messages WHERE created_date < :before")
_FORGET = text("DELETE FROM push_messages WHERE audience = :audience")


class Logged(NamedTuple):
    """A message as it stands in the log. `data` is JSON."""

    id: int
    audience: str
    type: str
    course_id: int | None
    assessment_id: int | None
    data: str
    created_date: datetime

    def text(self) -> str:
        """As it goes out. The data stays the text it was recorded as."""
        time = self.created_date.isoformat().replace("+00:00", "Z")
        return f'{{"id":{self.id},"type":"{self.type}","timestamp":"{time}","data":{self.data}}}'


class Running(NamedTuple):
    """An attempt under way."""

    attempt_id: int
    expires_at: datetime | None


async def lock_log(session: AsyncSession) -> None:
    """Have the log to oneself until the transaction ends, so that ids are committed in their order.

    Taken before any row is written: whoever waits for it must hold nothing that its holder may want.
    """
    if not session.info.get(_LOCKED):
        await (await driver_of(session)).execute(_LOCK)
        session.info[_LOCKED] = True


async def take_attempt(session: AsyncSession, state: AttemptState) -> tuple[bool, str | None]:
    """Remember an attempt: whether this is news, and the status that was known before."""
    row = (
        await session.execute(
            _ATTEMPT,
            {
                "attempt_id": state.attempt_id,
                "user_id": state.user_id,
                "assessment_id": state.assessment_id,
                "status": state.status,
                "expires_at": state.expires_at,
                "revision": state.version,
            },
        )
    ).one_or_none()
    return (False, None) if row is None else (True, row.status)


async def take_assessment(session: AsyncSession, state: AssessmentState) -> None:
    await session.execute(
        _ASSESSMENT,
        {
            "assessment_id": state.assessment_id,
            "course_id": state.course_id,
            "lesson_id": state.lesson_id,
            "title": state.title,
            "due_date": state.due_date,
            "is_deleted": state.is_deleted,
            "revision": state.version,
        },
    )


async def course_of(session: AsyncSession, assessment_id: int) -> int | None:
    found: int | None = await session.scalar(_COURSE_OF, {"assessment_id": assessment_id})
    return found


async def running_attempt(session: AsyncSession, user_id: int, assessment_id: int) -> Running | None:
    row = (await session.execute(_RUNNING, {"user_id": user_id, "assessment_id": assessment_id})).one_or_none()
    return None if row is None else Running(row.attempt_id, row.expires_at)


async def courses_of(session: AsyncSession, user_id: int, course_id: int | None) -> tuple[set[int], set[int]]:
    """The courses that a user learns in, and those they teach; of all, or of one."""
    rows = (await session.execute(_ACCESS, {"user_id": user_id, "course_id": course_id})).all()
    return {row.course_id for row in rows if not row.teaches}, {row.course_id for row in rows if row.teaches}


async def staff_before(session: AsyncSession, course_id: int) -> tuple[set[int], int]:
    """Who teaches a course, and the revision of its copy."""
    revision = await session.scalar(_COURSE, {"course_id": course_id})
    if revision is None:
        return set(), -1
    return set((await session.scalars(_STAFF, {"course_id": course_id})).all()), revision


async def log_bounds(session: AsyncSession) -> tuple[int, int]:
    """Ids of the oldest and the newest message there are; zeros without any."""
    row = (await session.execute(_BOUNDS)).one()
    return row.first, row.last


async def read_log(
    session: AsyncSession, audiences: Sequence[str], *, after: int, upto: int, limit: int
) -> Sequence[Logged]:
    """Messages to these audiences, in their order."""
    values = {"audiences": list(audiences), "after": after, "upto": upto, "limit": limit}
    return [Logged(*row) for row in (await session.execute(_STRETCH, values)).all()]


async def trim_log(session: AsyncSession, *, before: datetime) -> None:
    await session.execute(_TRIM, {"before": before})


async def forget_audience(session: AsyncSession, audience: str) -> None:
    await session.execute(_FORGET, {"audience": audience})
