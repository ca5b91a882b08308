"""Question banks, and drawing from them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from random import Random

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from assessment.commands.writing import write_question
from assessment.domain.rights import check_may_edit, may_build
from assessment.models import Assessment, Course, Question, QuestionBank
from assessment.queries.access import get_access_to_bank
from assessment.schemas.banks import MOST_IN_BANK, BankCreate, BankPut, Draw
from assessment.schemas.questions import QuestionWrite
from assessment.store import is_course, oversees
from shared.auth import Identity
from shared.errors import Invalid, NotFound


async def create_bank(session: AsyncSession, user: Identity, wanted: BankCreate, *, now: datetime) -> QuestionBank:
    """An empty bank in a course. Raises Invalid, or PermissionDenied unless staff of the course."""
    course = await session.scalar(select(Course).where(is_course(wanted.course), ~Course.is_deleted).with_for_update())
    if course is None or not may_build(user, course.staff, is_published=course.is_published):
        raise Invalid(course="There is no such course.")
    bank = QuestionBank(
        course_id=course.course_id, title=wanted.title, is_deleted=False, created_date=now, updated_date=now
    )
    session.add(bank)
    await session.flush()
    return bank


async def rename_bank(
    session: AsyncSession, user: Identity, bank_id: int, wanted: BankPut, *, now: datetime
) -> QuestionBank:
    """Raises NotFound or PermissionDenied."""
    bank = await lock_bank(session, user, bank_id)
    if "title" in wanted.model_fields_set:
        bank.title = wanted.title
    bank.updated_date = now
    await session.flush()
    return bank


async def delete_bank(session: AsyncSession, user: Identity, bank_id: int, *, now: datetime) -> None:
    """Nothing more is drawn from it; attempts keep what was. Raises NotFound or PermissionDenied."""
    bank = await lock_bank(session, user, bank_id)
    bank.is_deleted = True
    bank.updated_date = now
    await session.flush()


async def lock_bank(session: AsyncSession, user: Identity, bank_id: int) -> QuestionBank:
    """The bank, without its questions, locked for the course's staff. Raises NotFound or PermissionDenied."""
    check_may_edit(await get_access_to_bank(session, user, bank_id))
    present = select(QuestionBank).where(QuestionBank.id == bank_id, ~QuestionBank.is_deleted)
    bank = await session.scalar(present.with_for_update().execution_options(populate_existing=True))
    if bank is None:
        raise NotFound
    return bank


async def next_order(session: AsyncSession, bank: QuestionBank, adding: int) -> int:
    """The place after the last of a locked bank. Raises Invalid when it would hold too many questions."""
    counted = select(func.count(), func.max(Question.order)).where(Question.bank_id == bank.id)
    count, highest = (await session.execute(counted)).one()
    if count + adding > MOST_IN_BANK:
        raise Invalid(bank=f"A bank has at most {MOST_IN_BANK} questions; this one has {count}.")
    return (highest or 0) + 1


async def add_questions(
    session: AsyncSession, user: Identity, bank_id: int, wanted: Sequence[QuestionWrite], *, now: datetime
) -> None:
    """Put well-formed questions at the end of a bank. Raises NotFound, PermissionDenied or Invalid."""
    bank = await lock_bank(session, user, bank_id)
    first = await next_order(session, bank, len(wanted))
    for order, question in enumerate(wanted, first):
        row = Question(bank_id=bank.id, answers=[])
        write_question(row, question, order)
        session.add(row)
    bank.updated_date = now
    await session.flush()


async def check_draws(
    session: AsyncSession, user: Identity, before: Iterable[Mapping[str, int]], wanted: Sequence[Draw]
) -> list[dict[str, int]]:
    """The draws as they are kept. Their banks are of courses that the user teaches, or were drawn from before.

    Raises Invalid.
    """
    kept = {draw["bank"] for draw in before}
    known = kept | await _list_own(session, user, {draw.bank for draw in wanted} - kept)
    faults = {
        f"draws.{place}.bank": ["You have no such question bank."]
        for place, draw in enumerate(wanted)
        if draw.bank not in known
    }
    seen: set[int] = set()
    for place, draw in enumerate(wanted):
        if draw.bank in seen:
            faults[f"draws.{place}.bank"] = ["This bank is drawn from already."]
        seen.add(draw.bank)
    if faults:
        raise Invalid(faults)
    return [draw.model_dump() for draw in wanted]


async def draw_questions(session: AsyncSession, assessment: Assessment, random: Random) -> list[Question]:
    """Questions for one attempt, as many of each bank as the assessment says and the bank has."""
    if not assessment.draws:
        return []
    present = select(Question.id, Question.bank_id).join(QuestionBank, QuestionBank.id == Question.bank_id)
    banks = [draw["bank"] for draw in assessment.draws]
    in_bank: dict[int | None, list[int]] = defaultdict(list)
    for row in await session.execute(present.where(QuestionBank.id.in_(banks), ~QuestionBank.is_deleted)):
        in_bank[row.bank_id].append(row.id)
    chosen: list[int] = []
    for draw in assessment.draws:
        ids = sorted(in_bank[draw["bank"]])
        chosen += random.sample(ids, min(draw["count"], len(ids)))
    found = await session.scalars(
        select(Question).where(Question.id.in_(chosen)).options(selectinload(Question.answers))
    )
    by_id = {question.id: question for question in found}
    return [by_id[id_] for id_ in chosen if id_ in by_id]


async def _list_own(session: AsyncSession, user: Identity, ids: set[int]) -> set[int]:
    if not ids:
        return set()
    own = select(QuestionBank.id).join(Course, Course.course_id == QuestionBank.course_id)
    return set(await session.scalars(own.where(QuestionBank.id.in_(ids), ~QuestionBank.is_deleted, oversees(user))))
