"""Searching the lessons that somebody may read in full because they are enrolled or teach."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.search import MARK, UNMARK, snippet, wanted_part
from catalog.models import Course, Lesson, Module
from catalog.queries.fulltext import STEMMED, as_query, relevance
from catalog.queries.pages import page_of
from catalog.schemas.search import ContentResult, FoundInCourse, FoundLesson
from catalog.store.visibility import is_enrolled, module_visible, teaches
from shared.auth import Identity
from shared.pagination import Key, Page, PageRequest

LONGEST_SEARCHED = 50_000
"""Characters of a lesson that snippets are taken from."""
_OPTIONS = f'StartSel={MARK}, StopSel={UNMARK}, MaxFragments=2, MinWords=8, MaxWords=24, FragmentDelimiter=" … "'


async def search_content(
    session: AsyncSession, identity: Identity, request: PageRequest, query: str
) -> Page[ContentResult]:
    """Lessons with all the words, the best first. Raises NotFound past the last page."""
    parsed = as_query(query)
    ids = (
        select(Lesson.id)
        .join(Module, Module.id == Lesson.module_id)
        .join(Course, Course.id == Module.course_id)
        .where(_readable(identity), Lesson.document.bool_op("@@")(parsed))
    )
    keys = [
        Key(relevance(Lesson.document, wanted_part(query)), descending=True),
        Key(Lesson.__table__.c.id),
    ]

    async def load(session: AsyncSession, page: Sequence[int]) -> dict[int, ContentResult]:
        return await _with_snippets(session, page, parsed)

    return await page_of(session, ids, request, keys, load)


def _readable(identity: Identity) -> ColumnElement[bool]:
    mine = is_enrolled(identity)
    if identity.has_role("instructor"):
        mine = or_(mine, teaches(identity))
    return and_(module_visible(identity), mine)


async def _with_snippets(
    session: AsyncSession, ids: Sequence[int], parsed: ColumnElement[str]
) -> dict[int, ContentResult]:
    body = func.regexp_replace(func.left(Lesson.content, LONGEST_SEARCHED), "<[^>]*>", " ", "g")
    body = func.translate(body, MARK + UNMARK, "")
    rows = await session.execute(
        select(
            Lesson.id,
            Lesson.title,
            Course.id.label("course_id"),
            Course.slug,
            Course.title.label("course_title"),
            func.ts_headline(STEMMED, body, parsed, _OPTIONS).label("headline"),
        )
        .join(Module, Module.id == Lesson.module_id)
        .join(Course, Course.id == Module.course_id)
        .where(Lesson.id.in_(ids))
    )
    return {
        row.id: ContentResult(
            lesson=FoundLesson(id=row.id, title=row.title),
            course=FoundInCourse(id=row.course_id, slug=row.slug, title=row.course_title),
            snippet=snippet(row.headline),
        )
        for row in rows
    }
