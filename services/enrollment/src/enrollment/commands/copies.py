"""Taking copies of what other services own. A copy takes a state newer than its own and skips any other."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.models import Certificate, User
from shared.auth import Identity
from shared.contracts.certificate.events import CertificateState
from shared.contracts.gateway.events import UserState
from shared.copies import take


async def take_user(session: AsyncSession, state: UserState) -> bool:
    """Whether the state was newer than the copy."""
    fields = {name: getattr(state, name) for name in ("user_id", "full_name", "role", "is_active")}
    return await take(session, User, revision=state.version, **fields)


async def note_user(session: AsyncSession, user: Identity) -> None:
    """Keep a user's name as the request told it, until the first event tells more."""
    values = {"user_id": user.user_id, "revision": 0, "full_name": user.name, "role": user.role, "is_active": True}
    await session.execute(insert(User).values(values).on_conflict_do_nothing())


async def take_certificate(session: AsyncSession, state: CertificateState) -> None:
    fields = {name: getattr(state, name) for name in ("certificate_id", "enrollment_id", "user_id", "status")}
    await take(session, Certificate, revision=state.version, **fields)
