"""Slugs that nothing else has, also when two are made at once."""

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from catalog.domain.slugs import free_slug

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '_slugs'))")


async def lock_names(session: AsyncSession) -> None:
    """Let nobody else make a slug or name until the transaction ends. Making one is rare; one lock is enough."""
    await session.execute(_LOCK)


async def take_slug(session: AsyncSession, slug: InstrumentedAttribute[str], base: str) -> str:
    """`base`, or the first of `base-2`, `base-3`, … that no row has in its column `slug`."""
    await lock_names(session)
    taken = await session.scalars(select(slug).where((slug == base) | slug.startswith(f"{base}-", autoescape=True)))
    return free_slug(base, set(taken))
