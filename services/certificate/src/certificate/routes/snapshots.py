"""All certificates, for services that keep copies of them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate import store
from certificate.models import Certificate
from certificate.settings import process_settings
from shared.contracts import State
from shared.snapshots import snapshot_router


async def list_certificates(session: AsyncSession, after: int, limit: int) -> Sequence[tuple[int, State]]:
    """In whatever status."""
    public_url = process_settings().public_url
    chosen = select(Certificate).where(Certificate.id > after).order_by(Certificate.id).limit(limit)
    return [(each.id, store.issued_event(each, public_url)) for each in await session.scalars(chosen)]


router = snapshot_router({"certificate": list_certificates})
