"""Accounts come into being."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.mail.queue import post
from gateway.models import Subscription, User
from gateway.store import change_user, event_of, lock_user
from shared import outbox
from shared.contracts.gateway.events import Role, UserRegistered
from shared.errors import Invalid

EMAIL_TAKEN = "There is an account with this address already. Log in instead."


async def register(
    session: AsyncSession,
    email: str,
    password_hash: str,
    first_name: str,
    last_name: str,
    *,
    role: Role = "student",
    is_email_verified: bool = False,
    is_service: bool = False,
    now: datetime,
) -> User:
    """Make an account, with a free subscription. Its row is locked; unless verified, the address is mailed a link.

    Raises Invalid when the address is taken.
    """
    made: User | None = await session.scalar(
        insert(User)
        .values(
            email=email,
            password_hash=password_hash,
            first_name=first_name,
            last_name=last_name,
            role=role,
            is_active=True,
            is_email_verified=is_email_verified,
            is_service=is_service,
            date_joined=now,
            updated_date=now,
            revision=1,
        )
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(User)
    )
    if made is None:
        raise Invalid(email=EMAIL_TAKEN)
    session.add(Subscription(user_id=made.id, tier="free", expires_at=None, created_date=now, updated_date=now))
    await session.flush()
    await outbox.record(session, event_of(UserRegistered, made))
    if not is_email_verified:
        await post(session, "email_verification", email, now=now)
    return made


async def promote_to_administrator(session: AsyncSession, email: str, *, now: datetime) -> bool:
    """Make the account with this address an active administrator's. False when there is none. Safe to repeat."""
    user_id = await session.scalar(select(User.id).where(User.email == email))
    if user_id is None:
        return False
    user = await lock_user(session, user_id)
    await change_user(session, user, {"role": "administrator", "is_active": True}, now=now)
    return True
