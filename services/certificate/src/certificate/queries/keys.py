"""The public keys with which anyone can check signatures."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.domain.signing import VerifyingKey
from certificate.models import KnownKey
from certificate.schemas import PublicKey, PublicKeys


async def list_keys(session: AsyncSession, current: VerifyingKey) -> PublicKeys:
    """All keys that have signed, the oldest first, and the one that signs now. One for each rotation: a short list."""
    known = list(await session.scalars(select(KnownKey.x).order_by(KnownKey.created_date, KnownKey.kid)))
    if current.x not in known:
        known.append(current.x)
    return PublicKeys(keys=[PublicKey(x=x, kid=VerifyingKey(x).kid) for x in known])
