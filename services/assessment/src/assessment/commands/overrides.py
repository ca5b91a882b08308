"""Granting single learners more than an assessment's rules give."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from assessment.commands.assessments import lock_to_edit
from assessment.commands.attempts import extend_open_attempt
from assessment.models import Override
from assessment.schemas.overrides import OverrideWrite
from shared.auth import Identity
from shared.errors import Invalid, NotFound


async def put_override(
    session: AsyncSession, user: Identity, assessment_id: int, learner_id: int, wanted: OverrideWrite, *, now: datetime
) -> tuple[Override, bool]:
    """Grant it, in place of what was granted before; what was not sent stays. True when it is the first.

    More time counts for an attempt under way; less does not cut it. Raises NotFound, PermissionDenied or Invalid.
    """
    assessment = await lock_to_edit(session, user, assessment_id)
    override = await session.get(Override, (assessment_id, learner_id), populate_existing=True)
    is_first = override is None
    if override is None:
        override = Override(assessment_id=assessment_id, user_id=learner_id, created_date=now, **wanted.model_dump())
        session.add(override)
    else:
        for name in wanted.model_fields_set & set(OverrideWrite.model_fields):
            setattr(override, name, getattr(wanted, name))
    opens = assessment.available_from
    if opens is not None and override.due_date is not None and override.due_date <= opens:
        raise Invalid(due_date="This must be after the assessment's available_from.")
    override.updated_date = now
    await session.flush()
    await extend_open_attempt(session, assessment, override)
    return override, is_first


async def delete_override(session: AsyncSession, user: Identity, assessment_id: int, learner_id: int) -> None:
    """The rules hold for the learner again; attempts keep the time they have. Raises NotFound or PermissionDenied."""
    await lock_to_edit(session, user, assessment_id)
    own = delete(Override).where(Override.assessment_id == assessment_id, Override.user_id == learner_id)
    if await session.scalar(own.returning(Override.user_id)) is None:
        raise NotFound
