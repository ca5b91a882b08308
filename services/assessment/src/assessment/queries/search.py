"""Searching questions, for those who teach."""

from typing import Any

from sqlalchemy import ColumnElement, Numeric, Row, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.domain.snippets import MARK, UNMARK, snippet
from assessment.models import Assessment, Course, Question, QuestionBank
from assessment.schemas.search import FoundCourse, FoundPlace, QuestionResult
from assessment.store import is_course, oversees
from shared.auth import Identity
from shared.pagination import Key, Page, PageRequest, order_of, paginate

LONGEST_QUERY = 200

_STEMMED: ColumnElement[Any] = literal_column("'stemmed'::regconfig")
_OPTIONS = f'StartSel={MARK}, StopSel={UNMARK}, MaxFragments=2, MinWords=8, MaxWords=24, FragmentDelimiter=" … "'


async def search_questions(
    session: AsyncSession, user: Identity, request: PageRequest, query: str, *, course: str | None
) -> Page[QuestionResult]:
    """Questions with all the words in the courses that the user teaches, the best first; administrators search all."""
    parsed = func.websearch_to_tsquery(_STEMMED, query)
    shown = func.translate(
        func.concat_ws(" ", Question.question_text, Question.config["text"].astext, Question.explanation),
        MARK + UNMARK,
        "",
    )
    statement = (
        select(
            Question.id,
            Question.question_type,
            Question.assessment_id,
            Question.bank_id,
            func.coalesce(Assessment.title, QuestionBank.title).label("place"),
            Course.course_id,
            Course.slug,
            Course.title,
            func.ts_headline(_STEMMED, shown, parsed, _OPTIONS).label("headline"),
        )
        .outerjoin(Assessment, Assessment.id == Question.assessment_id)
        .outerjoin(QuestionBank, QuestionBank.id == Question.bank_id)
        .join(Course, Course.course_id == func.coalesce(Assessment.course_id, QuestionBank.course_id))
        .where(
            Question.document.bool_op("@@")(parsed),
            ~func.coalesce(Assessment.is_deleted, QuestionBank.is_deleted),
            ~Course.is_deleted,
            oversees(user),
        )
    )
    if course is not None:
        statement = statement.where(is_course(course))
    # In hundredths: below that, other things say more.
    relevance: ColumnElement[Any] = cast(func.ts_rank(Question.document, parsed), Numeric(6, 2))
    keys = order_of(request, {}, (Key(relevance, descending=True),), Key(Question.__table__.c.id, descending=True))
    return await paginate(session, statement, request, keys, _show)


def _show(row: Row[Any]) -> QuestionResult:
    of_assessment = row.assessment_id is not None
    place = FoundPlace(id=row.assessment_id if of_assessment else row.bank_id, title=row.place)
    return QuestionResult(
        id=row.id,
        question_type=row.question_type,
        assessment=place if of_assessment else None,
        bank=None if of_assessment else place,
        course=FoundCourse(id=row.course_id, slug=row.slug, title=row.title),
        snippet=snippet(row.headline),
    )
