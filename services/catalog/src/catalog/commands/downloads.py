"""Telling that learners download what lessons bring along."""

from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.contracts.catalog.events import ResourceDownloaded


async def note_download(
    session: AsyncSession, learner_id: int, *, resource_id: int, lesson_id: int, course_id: int
) -> None:
    """Tell that a learner was given the file of a resource."""
    await outbox.record(
        session,
        ResourceDownloaded(
            version=1,
            download_id=uuid4(),
            resource_id=resource_id,
            lesson_id=lesson_id,
            course_id=course_id,
            user_id=learner_id,
        ),
    )
