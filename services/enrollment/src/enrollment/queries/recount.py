"""Every counter and percentage that stands on a row, held against the rows that it counts.

Counters change by deltas; this is how one knows that they are right. Each batch is read in one snapshot, so that it may
run while learners work.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.completion import percentage_of
from enrollment.domain.policies import is_plain
from enrollment.models import Enrollment, ProgressPolicy
from enrollment.queries.counters import read_counters
from shared.database import Database

BATCH = 500


@dataclass(frozen=True)
class Difference:
    """A counter that is not what its rows come to."""

    table: str
    row: int
    column: str
    stands: Any
    counted: Any


_LESSONS = text("""
    SELECT enrollments.id,
        (SELECT count(*) FROM lessons WHERE lessons.course_id = enrollments.course_id AND is_counted) AS total_lessons,
        done.*
    FROM enrollments CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE is_counted AND is_completed) AS completed_lessons,
            coalesce(sum(time_spent), 0)::bigint AS total_time_spent,
            count(*) FILTER (WHERE is_counted) AS progress_rows
        FROM progress JOIN lessons
            ON lessons.lesson_id = progress.lesson_id AND lessons.course_id = enrollments.course_id
        WHERE progress.enrollment_id = enrollments.id
    ) AS done
    WHERE enrollments.id = ANY(:ids)
""").bindparams(bindparam("ids", type_=ARRAY(BIGINT)))

_OTHERS = {
    "ratings": """
        SELECT course_id AS id, 'star_' || stars AS column, stands, counted FROM (
            SELECT course_id, stars, coalesce(written.number, 0) AS counted,
                coalesce((to_jsonb(ratings) ->> ('star_' || stars))::bigint, 0) AS stands
            FROM (SELECT DISTINCT course_id FROM reviews UNION SELECT course_id FROM ratings) AS courses
            CROSS JOIN generate_series(1, 5) AS stars
            LEFT JOIN ratings USING (course_id)
            LEFT JOIN (
                SELECT course_id, rating AS stars, count(*) AS number
                FROM reviews WHERE status = 'approved' GROUP BY course_id, rating
            ) AS written USING (course_id, stars)
        ) AS held WHERE stands <> counted
    """,
    "reviews": """
        SELECT id, 'helpful_count' AS column, helpful_count AS stands, counted FROM (
            SELECT reviews.id, helpful_count, count(review_votes.user_id) AS counted
            FROM reviews LEFT JOIN review_votes ON review_id = reviews.id GROUP BY reviews.id
        ) AS held WHERE helpful_count <> counted
    """,
    "topics": """
        SELECT id, 'replies_count' AS column, replies_count AS stands, counted FROM (
            SELECT topics.id, replies_count, count(replies.id) AS counted
            FROM topics LEFT JOIN replies ON topic_id = topics.id GROUP BY topics.id
        ) AS held WHERE replies_count <> counted
    """,
}


async def find_differences(database: Database, *, batch: int = BATCH) -> AsyncIterator[Difference]:
    """All of them; none where everything is right."""
    last = 0
    while True:
        async with _snapshot(database) as session:
            enrollments = (
                await session.scalars(
                    select(Enrollment).where(Enrollment.id > last).order_by(Enrollment.id).limit(batch)
                )
            ).all()  # fmt: skip
            found = await _of_enrollments(session, enrollments)
        for difference in found:
            yield difference
        if len(enrollments) < batch:
            break
        last = enrollments[-1].id
    for table, statement in _OTHERS.items():
        async with _snapshot(database) as session:
            for row in (await session.execute(text(statement))).mappings():
                yield Difference(table, row["id"], row["column"], row["stands"], row["counted"])


@asynccontextmanager
async def _snapshot(database: Database) -> AsyncIterator[AsyncSession]:
    """A session whose statements all see the same moment."""
    async with database.transaction() as session:
        await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        yield session


async def _of_enrollments(session: AsyncSession, enrollments: Sequence[Enrollment]) -> list[Difference]:
    courses = {enrollment.course_id for enrollment in enrollments}
    policies = {
        policy.course_id: policy
        for policy in await session.scalars(select(ProgressPolicy).where(ProgressPolicy.course_id.in_(courses)))
    }
    lessons = {row.id: row._asdict() for row in await session.execute(_LESSONS, {"ids": [e.id for e in enrollments]})}
    differences = []
    for enrollment in enrollments:
        counted = lessons[enrollment.id]
        rows = counted.pop("progress_rows")
        differences += _compare(enrollment, counted)
        if rows != counted["total_lessons"]:
            differences.append(Difference("progress", enrollment.id, "rows", rows, counted["total_lessons"]))
    for policy in policies.values():
        if not is_plain(policy):
            own = {enrollment.id: enrollment for enrollment in enrollments if _is_measured(enrollment, policy)}
            for row in await read_counters(session, list(own), policy):
                differences += _compare(own[row["id"]], row)
    for enrollment in enrollments:
        its_policy = policies.get(enrollment.course_id)
        if its_policy is None or is_plain(its_policy) or _is_measured(enrollment, its_policy):
            share = percentage_of(enrollment, its_policy)
            differences += _compare(enrollment, {"id": enrollment.id, "progress_percentage": share})
    return differences


def _is_measured(enrollment: Enrollment, policy: ProgressPolicy) -> bool:
    """Whether the counters are for the present policy; those that wait to be counted anew are not wrong."""
    return enrollment.course_id == policy.course_id and enrollment.policy_revision == policy.revision


def _compare(enrollment: Enrollment, counted: dict[str, Any]) -> list[Difference]:
    return [
        Difference("enrollments", enrollment.id, name, getattr(enrollment, name), int(value))
        for name, value in counted.items()
        if name != "id" and getattr(enrollment, name) != int(value)
    ]
