"""The event entrance: keeping copies of courses and enrollments, and making assessments that came with a course."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.cloning import clone_assessments
from assessment.commands.copies import take_course, take_enrollments
from assessment.commands.erasing import erase_user
from assessment.commands.importing import take_import
from shared.contracts.catalog.events import (
    AssessmentImported,
    CourseCloned,
    CourseCreated,
    CourseDeleted,
    CourseEvent,
    CoursePublished,
    CourseUnpublished,
    CourseUpdated,
)
from shared.contracts.enrollment.events import (
    ENROLLMENT_EVENTS,
    EnrollmentEvent,
)
from shared.contracts.gateway.events import UserErased
from shared.inbox import BatchHandler, Handlers


async def on_course(session: AsyncSession, event: CourseEvent) -> None:
    """Any fact about a course carries its whole state."""
    await take_course(session, event, now=datetime.now(UTC))


async def on_course_cloned(session: AsyncSession, event: CourseCloned) -> None:
    """The copy of a course gets copies of the assessments, where that was asked for."""
    now = datetime.now(UTC)
    await take_course(session, event, now=now)
    if event.copy_assessments:
        await clone_assessments(session, event.source_course_id, event.course_id, event.lesson_ids, now=now)


async def on_assessment_imported(session: AsyncSession, event: AssessmentImported) -> None:
    """A course that was imported has an assessment, which is made here."""
    await take_import(session, event.course_id, event.assessment, now=datetime.now(UTC))


async def on_enrollments(session: AsyncSession, events: Sequence[EnrollmentEvent]) -> None:
    """Any fact about an enrollment carries its whole state."""
    await take_enrollments(session, events)


async def on_user_erased(session: AsyncSession, event: UserErased) -> None:
    """A user asked to be forgotten."""
    await erase_user(session, event.user_id, version=event.version, now=datetime.now(UTC))


HANDLERS: Handlers = {
    CourseCreated: on_course,
    CourseCloned: on_course_cloned,
    AssessmentImported: on_assessment_imported,
    CourseUpdated: on_course,
    CoursePublished: on_course,
    CourseUnpublished: on_course,
    CourseDeleted: on_course,
    **dict.fromkeys(ENROLLMENT_EVENTS, BatchHandler(on_enrollments)),
    UserErased: on_user_erased,
}
