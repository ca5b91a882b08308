"""Making and editing templates. An edit adds a version; versions never change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.domain.design import Design, changed
from certificate.models import Template, TemplateImage, TemplateVersion
from certificate.rendering.images import Image
from shared.errors import Invalid, NotFound

Place = Literal["logo", "signature"]

MOST_VERSIONS = 1000


async def create(
    session: AsyncSession, course_id: int | None, values: Mapping[str, Any], user_id: int
) -> tuple[Template, TemplateVersion]:
    """Make the template of a course, or (None) the default. Raises Invalid where there is one already."""
    design = changed(Design(), values)
    made = await session.scalars(
        insert(Template).values(course_id=course_id, version=1).on_conflict_do_nothing().returning(Template)
    )
    template = made.one_or_none()
    if template is None:
        raise Invalid(course="There is a template for this already: change that one, or delete it.")
    return template, await _add_version(session, template, user_id, design=design.model_dump())


async def change(
    session: AsyncSession, template_id: int, values: Mapping[str, Any], user_id: int, *, now: datetime
) -> tuple[Template, TemplateVersion]:
    """Change some of its values, as a new version; what changes nothing makes none. Raises NotFound, Invalid."""
    template, present = await _lock(session, template_id)
    design = changed(Design.model_validate(present.design), values).model_dump()
    return await _succeed(session, template, present, user_id, now=now, design=design)


async def change_image(
    session: AsyncSession, template_id: int, place: Place, image: Image | None, user_id: int, *, now: datetime
) -> tuple[Template, TemplateVersion]:
    """Set or (None) take away the logo or signature, as a new version. Raises NotFound."""
    template, present = await _lock(session, template_id)
    digest = None
    if image is not None:
        digest = image.digest
        await session.execute(insert(TemplateImage).values(digest=digest, png=image.png).on_conflict_do_nothing())
    return await _succeed(session, template, present, user_id, now=now, **{f"{place}_digest": digest})


async def delete(session: AsyncSession, template_id: int) -> None:
    """Issue no more with it. Its versions stay, for what was issued with them. Raises NotFound."""
    template, _ = await _lock(session, template_id)
    template.is_deleted = True


async def _lock(session: AsyncSession, template_id: int) -> tuple[Template, TemplateVersion]:
    template = await session.scalar(
        select(Template).where(Template.id == template_id, ~Template.is_deleted).with_for_update()
    )
    if template is None:
        raise NotFound
    present = await session.scalar(
        select(TemplateVersion).where(
            TemplateVersion.template_id == template.id, TemplateVersion.version == template.version
        )
    )
    assert present is not None
    return template, present


async def _succeed(
    session: AsyncSession,
    template: Template,
    present: TemplateVersion,
    user_id: int,
    *,
    now: datetime,
    **changes: Any,
) -> tuple[Template, TemplateVersion]:
    """The version that follows, if it differs."""
    kept = {name: getattr(present, name) for name in ("design", "logo_digest", "signature_digest")}
    if kept | changes == kept:
        return template, present
    if template.version >= MOST_VERSIONS:
        raise Invalid(
            non_field_errors=f"A template has {MOST_VERSIONS} versions at most: delete it and make a new one."
        )
    template.version += 1
    template.updated_date = now
    return template, await _add_version(session, template, user_id, **kept | changes)


async def _add_version(session: AsyncSession, template: Template, user_id: int, **values: Any) -> TemplateVersion:
    version = TemplateVersion(template_id=template.id, version=template.version, created_by=user_id, **values)
    session.add(version)
    await session.flush()
    return version
