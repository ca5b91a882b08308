"""Rubrics: writing them, and taking them into papers."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.rubrics import criteria_of
from assessment.models import Question, Rubric
from assessment.schemas.questions import QuestionWrite
from assessment.schemas.rubrics import RubricContent, RubricWrite
from assessment.store import owns
from shared.auth import Identity
from shared.errors import Invalid, NotFound


async def create_rubric(session: AsyncSession, user: Identity, wanted: RubricWrite, *, now: datetime) -> Rubric:
    """A rubric of one's own. Raises Invalid."""
    rubric = Rubric(
        owner_id=user.user_id,
        version=1,
        title=wanted.title,
        criteria=criteria_of(wanted.criteria),
        is_used=False,
        is_deleted=False,
        created_date=now,
        updated_date=now,
    )
    session.add(rubric)
    await session.flush()
    return rubric


async def change_rubric(
    session: AsyncSession, user: Identity, rubric_id: int, wanted: RubricWrite, *, now: datetime
) -> Rubric:
    """Give the fields that were sent their new values. What papers hold stays as it is: once used, it is a new version.

    Raises NotFound or Invalid.
    """
    rubric = await _lock(session, user, rubric_id)
    if "title" in wanted.model_fields_set:
        rubric.title = wanted.title
    if "criteria" in wanted.model_fields_set:
        rubric.criteria = criteria_of(wanted.criteria)
    if rubric.is_used:
        rubric.version += 1
        rubric.is_used = False
    rubric.updated_date = now
    await session.flush()
    return rubric


async def delete_rubric(session: AsyncSession, user: Identity, rubric_id: int, *, now: datetime) -> None:
    """Questions that name it keep it; no other can. Raises NotFound."""
    rubric = await _lock(session, user, rubric_id)
    rubric.is_deleted = True
    rubric.updated_date = now
    await session.flush()


async def check_rubrics(
    session: AsyncSession, user: Identity, before: Iterable[Question], wanted: Sequence[QuestionWrite], *, path: str
) -> None:
    """That the rubrics which questions are to name are the user's own, or were named there before.

    `path` leads to the question in messages, with `{}` for its place. Raises Invalid.
    """
    kept = {question.config.get("rubric_id") for question in before}
    named = {place: _rubric_of(question) for place, question in enumerate(wanted)}
    strange = {place: id_ for place, id_ in named.items() if id_ is not None and id_ not in kept}
    if not strange:
        return
    own = select(Rubric.id).where(Rubric.id.in_(set(strange.values())), ~Rubric.is_deleted, owns(user))
    known = set(await session.scalars(own))
    missing = [place for place, id_ in strange.items() if id_ not in known]
    if missing:
        raise Invalid({f"{path.format(place)}config.rubric_id": ["You have no such rubric."] for place in missing})


async def use_rubrics(session: AsyncSession, questions: Iterable[Question]) -> dict[int, RubricContent]:
    """The rubrics that questions name, for a paper; from now on they are used. No SQL if none is."""
    ids = {id_ for question in questions if (id_ := question.config.get("rubric_id")) is not None}
    if not ids:
        return {}
    await _mark_used(session, ids)
    # Locked, so that they stay what they are until the paper is written.
    found = select(Rubric).where(Rubric.id.in_(ids)).order_by(Rubric.id).with_for_update(read=True)
    rubrics = await session.scalars(found.execution_options(populate_existing=True))
    return {rubric.id: RubricContent.model_validate(rubric, from_attributes=True) for rubric in rubrics}


async def _mark_used(session: AsyncSession, ids: Collection[int]) -> None:
    new = select(Rubric.id).where(Rubric.id.in_(ids), ~Rubric.is_used).order_by(Rubric.id).with_for_update()
    await session.execute(update(Rubric).where(Rubric.id.in_(new.scalar_subquery())).values(is_used=True))


async def _lock(session: AsyncSession, user: Identity, rubric_id: int) -> Rubric:
    own = select(Rubric).where(Rubric.id == rubric_id, ~Rubric.is_deleted, owns(user))
    rubric = await session.scalar(own.with_for_update().execution_options(populate_existing=True))
    if rubric is None:
        raise NotFound
    return rubric


def _rubric_of(question: QuestionWrite) -> int | None:
    return question.config.rubric_id if question.question_type == "essay" else None
