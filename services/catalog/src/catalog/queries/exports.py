"""A course as an archive, piece by piece: at no time more of it in memory than some lessons.

Whoever reads it while the course changes gets an archive that breaks off, never one that is half of each.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from slugify import slugify
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.archive.draft import AssessmentDraft, CategoryDraft, CourseDraft, LessonDraft, ModuleDraft, ResourceDraft
from catalog.archive.packing import Packer
from catalog.archive.writing import course_files, lesson_files, lesson_link_out, lesson_name, resource_link
from catalog.domain.media import LARGEST_THUMBNAIL
from catalog.models import Category, Course, Lesson, Module, Resource
from catalog.storage import Storage
from catalog.store.files import variant_of
from shared.contracts.assessment.content import AssessmentContent
from shared.database import Database
from shared.errors import NotFound

_LESSONS_AT_ONCE = 20
_THUMBNAIL = "static/thumbnail.webp"
_LINK = re.compile(r"/api/(resources|lessons)/(\d{1,19})/(.*)", re.DOTALL)
_ENDING = re.compile(r"\.[a-z0-9]{1,10}")
_COURSE = [name for name in CourseDraft.model_fields if name not in {"token", "category", "modules", "thumbnail"}]
_MODULE = [name for name in ModuleDraft.model_fields if name != "lessons"]
_LESSON = [name for name in LessonDraft.model_fields if name not in {"resources", "assessment"}]
_RESOURCE = [name for name in ResourceDraft.model_fields if name != "file"]


class ChangedMeanwhile(Exception):
    """The course was changed while it was being sent."""


@dataclass
class _Named:
    """A lesson with its name in the archive."""

    id: int
    name: str


@dataclass
class _File:
    path: str
    key: str
    size: int


@dataclass
class Outline:
    """What is read of a course before anything is sent. `lessons` are in order, over all modules."""

    revision: int
    slug: str
    course: CourseDraft
    names: list[list[str]]
    lessons: list[_Named]
    resources: dict[int, list[tuple[int, ResourceDraft]]]
    files: list[_File]
    thumbnail_key: str | None

    def rewrite(self, address: str) -> str:
        """A link to a resource or lesson of the course, as it is in the archive."""
        found = _LINK.fullmatch(address)
        if found is None:
            return address
        kind, id_, rest = found[1], int(found[2]), found[3]
        if kind == "lessons" and id_ in self._lesson_names:
            return lesson_link_out(self._lesson_names[id_], rest)
        if kind == "resources" and id_ in self._resource_places:
            lesson, number, path = self._resource_places[id_]
            return resource_link(lesson, number, path, rest)
        return address

    def __post_init__(self) -> None:
        self._lesson_names = {lesson.id: lesson.name for lesson in self.lessons}
        self._resource_places = {
            id_: (lesson.name, number, resource.file)
            for lesson in self.lessons
            for number, (id_, resource) in enumerate(self.resources.get(lesson.id, ()))
        }


async def get_outline(session: AsyncSession, course_id: int) -> Outline:
    """Raises NotFound."""
    found = select(Course, Category).join(Category, Category.id == Course.category_id).where(Course.id == course_id)
    row = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    course, category = row
    fields = {name: getattr(course, name) for name in _COURSE}
    draft = CourseDraft.model_construct(**fields, category=CategoryDraft(name=category.name, slug=category.slug))
    of_course = select(Module).where(Module.course_id == course_id).order_by(Module.order)
    modules = (await session.scalars(of_course)).all()
    draft.thumbnail = _THUMBNAIL if course.thumbnail_key else None
    places = (
        select(Lesson.id, Lesson.module_id)
        .join(Module, Module.id == Lesson.module_id)
        .where(Module.course_id == course_id)
        .order_by(Module.order, Lesson.order)
    )
    ids: dict[int, list[int]] = defaultdict(list)
    for lesson_id, module_id in await session.execute(places):
        ids[module_id].append(lesson_id)
    lessons: list[_Named] = []
    names: list[list[str]] = []
    draft.modules = []
    for number, module in enumerate(modules, start=1):
        named = [_Named(id_, lesson_name(number, at)) for at, id_ in enumerate(ids[module.id], start=1)]
        lessons += named
        names.append([one.name for one in named])
        draft.modules.append(ModuleDraft.model_construct(**{name: getattr(module, name) for name in _MODULE}))
    resources, files = await _resources(session, lessons)
    return Outline(course.revision, course.slug, draft, names, lessons, resources, files, course.thumbnail_key)


async def _resources(
    session: AsyncSession, lessons: Sequence[_Named]
) -> tuple[dict[int, list[tuple[int, ResourceDraft]]], list[_File]]:
    """Resources by lesson with their ids, and each file of theirs once."""
    names = {lesson.id: lesson.name for lesson in lessons}
    ordered = select(Resource).where(Resource.lesson_id.in_(names)).order_by(Resource.lesson_id, Resource.order)
    found: dict[int, list[Any]] = defaultdict(list)
    for resource in await session.scalars(ordered):
        found[resource.lesson_id].append(resource)
    files: dict[str, _File] = {}
    drafts: dict[int, list[tuple[int, ResourceDraft]]] = {}
    for lesson in lessons:
        drafts[lesson.id] = []
        for number, row in enumerate(found[lesson.id]):
            if row.storage_key is not None and row.storage_key not in files:
                path = f"static/{lesson.name}r{number}-{_safe(row.file_name)}"
                files[row.storage_key] = _File(path, row.storage_key, row.file_size)
            at = files[row.storage_key].path if row.storage_key else None
            fields = {name: getattr(row, name) for name in _RESOURCE}
            drafts[lesson.id].append((row.id, ResourceDraft.model_construct(**fields, file=at)))
    return drafts, list(files.values())


def _safe(name: str) -> str:
    path = PurePosixPath(name)
    ending = path.suffix.lower()
    return (slugify(path.stem, max_length=40) or "file") + (ending if _ENDING.fullmatch(ending) else "")


async def pack(
    database: Database, storage: Storage, outline: Outline, course_id: int, contents: Sequence[AssessmentContent]
) -> AsyncIterator[bytes]:
    """The archive. Raises ChangedMeanwhile, NotStored, StorageUnavailable: the answer breaks off then."""
    packer = Packer()
    assessments = {content.lesson_id: content for content in contents}
    files = await asyncio.to_thread(lambda: list(course_files(outline.course, outline.names)))
    for path, content in files:
        yield await asyncio.to_thread(packer.file, path, content)
    if outline.thumbnail_key:
        image = storage.reader(variant_of(outline.thumbnail_key, "large"))
        yield packer.file(_THUMBNAIL, await asyncio.to_thread(image, 0, LARGEST_THUMBNAIL))
    for start in range(0, len(outline.lessons), _LESSONS_AT_ONCE):
        some = outline.lessons[start : start + _LESSONS_AT_ONCE]
        async with database.reading() as session:
            rows = await session.execute(
                select(Lesson.id, *(getattr(Lesson, name) for name in _LESSON)).where(
                    Lesson.id.in_([lesson.id for lesson in some])
                )
            )
            fields = {row.id: dict(row._mapping) for row in rows}
        if len(fields) != len(some):
            raise ChangedMeanwhile
        drafts = [(one.name, _lesson(outline, fields[one.id], assessments.get(one.id))) for one in some]
        for name, draft in drafts:
            yield await asyncio.to_thread(_pack_lesson, packer, outline, name, draft)
    for file in outline.files:
        yield packer.begin(file.path, file.size)
        sent = 0
        async for piece in await storage.read(file.key, 0, file.size):
            sent += len(piece)
            yield await asyncio.to_thread(packer.piece, piece)
        if sent != file.size:
            raise ChangedMeanwhile
        yield packer.end(file.size)
    async with database.reading() as session:
        if await session.scalar(select(Course.revision).where(Course.id == course_id)) != outline.revision:
            raise ChangedMeanwhile
    yield packer.finish()


def _lesson(outline: Outline, fields: dict[str, Any], content: AssessmentContent | None) -> LessonDraft:
    assessment = None
    if content is not None:
        assessment = AssessmentDraft.model_construct(
            title=content.title, rules=content.rules, questions=content.questions
        )
    resources = [resource for _, resource in outline.resources[fields.pop("id")]]
    return LessonDraft.model_construct(**fields, resources=resources, assessment=assessment)


def _pack_lesson(packer: Packer, outline: Outline, name: str, draft: LessonDraft) -> bytes:
    return b"".join(packer.file(path, content) for path, content in lesson_files(name, draft, outline.rewrite))
