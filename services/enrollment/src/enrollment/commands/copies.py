"""Taking copies of what other services own. A copy takes a state newer than its own and skips any other."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.models import Certificate, User
from shared.auth import Identity
from shared.contracts.certificate.events import CertificateState
from shared.contracts.gateway.events import UserState


async def take_user(session: AsyncSession, state: UserState) -> bool:
    """Whether the state was newer than the copy."""
    values = {
        "revision": state.version,
        "full_name": state.full_name,
        "role": state.role,
        "is_active": state.is_active,
    }
    statement = insert(User).values(user_id=state.user_id, **values)
    statement = statement.on_conflict_do_update(
        index_elements=["user_id"], set_=values, where=User.revision < statement.excluded.revision
    )
    return await session.scalar(statement.returning(User.user_id)) is not None


async def note_user(session: AsyncSession, user: Identity) -> None:
    """Keep a user's name as the request told it, until the first event tells more."""
    values = {"user_id": user.user_id, "revision": 0, "full_name": user.name, "role": user.role, "is_active": True}
    await session.execute(insert(User).values(values).on_conflict_do_nothing())


async def take_certificate(session: AsyncSession, state: CertificateState) -> None:
    values = {
        "revision": state.version,
        "enrollment_id": state.enrollment_id,
        "user_id": state.user_id,
        "status": state.status,
    }
    statement = insert(Certificate).values(certificate_id=state.certificate_id, **values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["certificate_id"], set_=values, where=Certificate.revision < statement.excluded.revision
        )
    )
