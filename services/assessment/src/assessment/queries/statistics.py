"""How an assessment and its questions work, computed by the database."""

from typing import Any

from sqlalchemy import BigInteger, Integer, Numeric, Row, Select, Text, cast, column, func, select, true
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import CTE

from assessment.domain.rights import check_may_edit
from assessment.models import Attempt, AttemptAnswer
from assessment.queries.access import get_access
from assessment.schemas.statistics import AssessmentStatistics, QuestionStatistics
from shared.auth import Identity

MOST_LEARNERS = 2_000
MOST_ITEMS = 1_000
PERCENTAGE = Attempt.score * 100 / func.nullif(Attempt.max_score, 0)


async def get_statistics(session: AsyncSession, user: Identity, assessment_id: int) -> AssessmentStatistics:
    """For the course's staff. Three statements. Raises NotFound or PermissionDenied."""
    check_may_edit(await get_access(session, user, assessment_id))
    first = _first_attempts(assessment_id)
    summary = (await session.execute(_summary(first))).one()
    items = await session.execute(_items(first))
    return AssessmentStatistics(
        assessment=assessment_id,
        learners=summary.learners,
        mean_percentage=_rounded(summary.mean),
        median_percentage=_rounded(summary.median),
        standard_deviation=_rounded(summary.deviation),
        pass_rate=_rounded(summary.pass_rate, 4),
        questions=[_show(row) for row in items],
    )


def _first_attempts(assessment_id: int) -> CTE:
    """The first graded attempt of each learner, of the latest so many learners."""
    first = (
        select(Attempt.id)
        .where(Attempt.assessment_id == assessment_id, Attempt.status == "graded")
        .ext(distinct_on(Attempt.user_id))
        .order_by(Attempt.user_id, Attempt.attempt_number)
        .subquery()
    )
    return select(first.c.id).order_by(first.c.id.desc()).limit(MOST_LEARNERS).cte("first_attempts")


def _summary(first: CTE) -> Select[*tuple[Any, ...]]:
    return select(
        func.count().label("learners"),
        func.avg(PERCENTAGE).label("mean"),
        func.percentile_cont(0.5).within_group(PERCENTAGE).label("median"),
        func.stddev_pop(PERCENTAGE).label("deviation"),
        func.avg(cast(Attempt.passed, Integer)).label("pass_rate"),
    ).where(Attempt.id.in_(select(first.c.id)))


def _items(first: CTE) -> Select[*tuple[Any, ...]]:
    """Each question that was asked, in the order of its id; a question that was not answered has earned nothing."""
    asked = (
        column("question_id", BigInteger),
        column("question_text", Text),
        column("question_type", Text),
        column("points", Numeric),
        column("weight", Numeric),
    )
    item = func.jsonb_to_recordset(Attempt.paper["items"]).table_valued(*asked, name="item")
    item = item.render_derived(with_types=True)
    earned = func.coalesce(AttemptAnswer.points_earned, 0)
    answer_of = (AttemptAnswer.attempt_id == Attempt.id) & (AttemptAnswer.question_id == item.c.question_id)
    return (
        select(
            item.c.question_id.label("question"),
            func.max(item.c.question_text).label("question_text"),
            func.max(item.c.question_type).label("question_type"),
            func.count().label("asked"),
            func.count(AttemptAnswer.id).label("answered"),
            func.count().filter(AttemptAnswer.is_correct.is_(True)).label("correct"),
            func.avg(func.greatest(earned, 0) / func.nullif(item.c.points * item.c.weight, 0)).label("difficulty"),
            func.corr(cast(earned, DOUBLE_PRECISION), cast(Attempt.score - earned, DOUBLE_PRECISION)).label("telling"),
        )
        .select_from(Attempt)
        .join(item, true())
        .outerjoin(AttemptAnswer, answer_of)
        .where(Attempt.id.in_(select(first.c.id)))
        .group_by(item.c.question_id)
        .order_by(item.c.question_id)
        .limit(MOST_ITEMS)
    )


def _show(row: Row[Any]) -> QuestionStatistics:
    return QuestionStatistics(
        question=row.question,
        question_text=row.question_text,
        question_type=row.question_type,
        asked=row.asked,
        answered=row.answered,
        correct=row.correct,
        difficulty=_rounded(row.difficulty, 4),
        discrimination=_rounded(row.telling, 4),
    )


def _rounded(number: Any, places: int = 2) -> float | None:
    return None if number is None else round(float(number), places)
