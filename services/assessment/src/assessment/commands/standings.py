"""Telling learners' standings: each time with a higher version, and anew when the scoring policy changes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Row, and_, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.facts import attempt_event
from assessment.domain.standing import standing
from assessment.models import Assessment, Attempt, ScoringPolicy, Standing
from assessment.queries.standings import Learner, list_results
from assessment.store import with_assessment
from shared import outbox
from shared.contracts.assessment.events import AttemptEvent, AttemptGraded, AttemptSubmitted

BATCH = 100
WATCHED = timedelta(minutes=5)
"""How long after a change of policy somebody may still be telling a standing by the old one: longer than any
transaction lasts."""

T = TypeVar("T", bound=AttemptEvent)
Outdated = Row[int, int, int, bool | None, ScoringPolicy]
"""Of a standing told by another policy: assessment, user, version, what was told, and the policy of now."""


@dataclass(frozen=True)
class Told:
    """A learner's standing as it is told."""

    has_passed: bool
    version: int


async def tell_graded(session: AsyncSession, attempts: Collection[Attempt]) -> None:
    """Record what became of closed attempts: graded, or waiting for a person. They are locked, and written."""
    told = await _tell_standings(session, attempts)
    facts = [
        fact_of(
            AttemptGraded if attempt.status == "graded" else AttemptSubmitted,
            attempt,
            attempt.assessment,
            told[attempt.assessment_id, attempt.user_id],
        )
        for attempt in attempts
    ]
    await outbox.record(session, *facts)


def fact_of(kind: type[T], attempt: Attempt, assessment: Assessment, told: Told) -> T:
    """An event of the attempt that tells this standing of its learner."""
    return attempt_event(kind, attempt, assessment, has_passed=told.has_passed, standing_version=told.version)


async def get_standing(session: AsyncSession, assessment: Assessment, user_id: int) -> Told:
    """The standing as it is, for an event that does not change it.

    The version is read before the results: they may be newer then, and are told again with their own version.
    """
    version = await session.scalar(
        select(Standing.version).where(Standing.assessment_id == assessment.id, Standing.user_id == user_id)
    )
    results = await list_results(session, [(assessment.id, user_id)])
    return Told(standing(assessment.scoring_policy, results[assessment.id, user_id]).passed, version or 0)


async def tell_changed_policies(session: AsyncSession, *, now: datetime, limit: int = BATCH) -> int:
    """Tell the next standings that another policy than the assessment's was told by; returns how many were settled.

    Told is the learner's latest closed attempt, and only where the standing is another now. Attempts that somebody
    works on are passed over, and come later. Repeating it, or two at once, does no harm.
    """
    rows = await _list_outdated(session, limit)
    if not rows:
        await _stop_watching(session, now)
        return 0
    results = await list_results(session, [(row.assessment_id, row.user_id) for row in rows])
    same: list[Outdated] = []
    other: list[Outdated] = []
    for row in rows:
        has_passed = standing(row.policy, results[row.assessment_id, row.user_id]).passed
        (same if has_passed == row.has_passed else other).append(row)
    await _note_policies(session, same)
    return len(same) + await _tell_latest(session, other)


async def _tell_standings(session: AsyncSession, attempts: Collection[Attempt]) -> dict[Learner, Told]:
    """The standings of the attempts' learners, each with a new version. Three statements."""
    learners = sorted({(attempt.assessment_id, attempt.user_id) for attempt in attempts})
    policies = {attempt.assessment_id: attempt.assessment.scoring_policy for attempt in attempts}
    versions = await _raise_versions(session, learners, policies)
    # Only now: whoever told one of them before us has committed.
    results = await list_results(session, learners)
    told = {
        (id_, user_id): Told(standing(policies[id_], results[id_, user_id]).passed, versions[id_, user_id])
        for id_, user_id in learners
    }
    rows = [
        _row(id_, user_id, one.version, policies[id_]) | {"has_passed": one.has_passed}
        for (id_, user_id), one in told.items()
    ]
    written = insert(Standing).values(rows)
    news = {"scoring_policy": written.excluded.scoring_policy, "has_passed": written.excluded.has_passed}
    await session.execute(written.on_conflict_do_update(index_elements=_KEY, set_=news))
    return told


_KEY = [Standing.assessment_id, Standing.user_id]


async def _raise_versions(
    session: AsyncSession, learners: Sequence[Learner], policies: Mapping[int, str]
) -> dict[Learner, int]:
    """Lock the learners' standings, in their order, and raise their versions."""
    first = insert(Standing).values([_row(id_, user_id, 1, policies[id_]) for id_, user_id in learners])
    raised = first.on_conflict_do_update(index_elements=_KEY, set_={"version": Standing.version + 1})
    returned = await session.execute(raised.returning(*_KEY, Standing.version))
    return {(row.assessment_id, row.user_id): row.version for row in returned}


def _row(assessment_id: int, user_id: int, version: int, policy: str) -> dict[str, Any]:
    return {"assessment_id": assessment_id, "user_id": user_id, "version": version, "scoring_policy": policy}


def _outdated() -> Any:
    return and_(Standing.assessment_id == Assessment.id, Standing.scoring_policy != Assessment.scoring_policy)


async def _list_outdated(session: AsyncSession, limit: int) -> Sequence[Outdated]:
    statement = (
        select(
            Standing.assessment_id,
            Standing.user_id,
            Standing.version,
            Standing.has_passed,
            Assessment.scoring_policy.label("policy"),
        )
        .join(Assessment, _outdated())
        .where(Assessment.policy_changed_at.is_not(None))
        .order_by(Standing.assessment_id, Standing.user_id)
    )
    return (await session.execute(statement.limit(limit))).all()


async def _stop_watching(session: AsyncSession, now: datetime) -> None:
    done = update(Assessment).where(
        Assessment.policy_changed_at < now - WATCHED, ~exists().where(_outdated()).correlate(Assessment)
    )
    await session.execute(done.values(policy_changed_at=None).execution_options(synchronize_session=False))


async def _note_policies(session: AsyncSession, rows: Sequence[Outdated]) -> None:
    """That these standings are the same by the new policy, unless they were told anew meanwhile."""
    by_policy: dict[str, list[Outdated]] = {}
    for row in rows:
        by_policy.setdefault(row.policy, []).append(row)
    for policy, own in by_policy.items():
        read = [(row.assessment_id, row.user_id, row.version) for row in own]
        unchanged = tuple_(Standing.assessment_id, Standing.user_id, Standing.version).in_(read)
        await session.execute(
            update(Standing).where(unchanged).values(scoring_policy=policy).execution_options(synchronize_session=False)
        )


async def _tell_latest(session: AsyncSession, rows: Sequence[Outdated]) -> int:
    if not rows:
        return 0
    learners = [(row.assessment_id, row.user_id) for row in rows]
    latest = (
        select(func.max(Attempt.id))
        .where(tuple_(Attempt.assessment_id, Attempt.user_id).in_(learners), Attempt.status != "in_progress")
        .group_by(Attempt.assessment_id, Attempt.user_id)
    )
    closed = select(Attempt).where(Attempt.id.in_(latest)).order_by(Attempt.id)
    attempts = (await session.scalars(with_assessment(closed, skip_locked=True))).all()
    for attempt in attempts:
        attempt.revision += 1
    await session.flush()
    if attempts:
        await tell_graded(session, attempts)
    return len(attempts)
