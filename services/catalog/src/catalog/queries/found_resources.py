"""Searching resources by title and description."""

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.domain.choices import ResourceType
from catalog.domain.search import wanted_part
from catalog.models import Course, Lesson, Module, Resource
from catalog.queries.fulltext import as_query, relevance
from catalog.schemas.search import FoundFile, FoundInCourse, FoundLesson, ResourceResult
from catalog.store.visibility import module_visible
from shared.auth import Identity
from shared.pagination import Key, Page, PageRequest, paginate


async def search_resources(
    session: AsyncSession, identity: Identity | None, request: PageRequest, query: str, kind: ResourceType | None
) -> Page[ResourceResult]:
    """Resources with all the words, in courses that the caller may see, the best first."""
    statement = (
        select(
            Resource.id,
            Resource.title,
            Resource.type,
            Lesson.id.label("lesson_id"),
            Lesson.title.label("lesson_title"),
            Course.id.label("course_id"),
            Course.slug,
            Course.title.label("course_title"),
        )
        .join(Lesson, Lesson.id == Resource.lesson_id)
        .join(Module, Module.id == Lesson.module_id)
        .join(Course, Course.id == Module.course_id)
        .where(module_visible(identity), Resource.document.bool_op("@@")(as_query(query)))
    )
    if kind is not None:
        statement = statement.where(Resource.type == kind)
    keys = [Key(relevance(Resource.document, wanted_part(query)), descending=True), Key(Resource.__table__.c.id)]
    return await paginate(session, statement, request, keys, _result)


def _result(row: Row[Any]) -> ResourceResult:
    return ResourceResult(
        resource=FoundFile(id=row.id, title=row.title, type=row.type),
        lesson=FoundLesson(id=row.lesson_id, title=row.lesson_title),
        course=FoundInCourse(id=row.course_id, slug=row.slug, title=row.course_title),
    )
