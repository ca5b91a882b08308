"""SQL that several commands share: lock a user, change one, hand out a token."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.domain.names import full_name
from gateway.identity.tokens import TokenVault, new_token
from gateway.models import Token, User
from shared import outbox
from shared.contracts.gateway.events import Role, UserEvent, UserState, UserUpdated
from shared.errors import NotFound


async def lock_user(session: AsyncSession, user_id: int) -> User:
    """The user's row, until the transaction ends. Raises NotFound."""
    user = await session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFound
    return user


async def change_user(session: AsyncSession, user: User, changes: dict[str, Any], *, now: datetime) -> None:
    """Set fields of a locked user that other services know of, and tell them. Without a difference, nothing happens."""
    different = {name: value for name, value in changes.items() if getattr(user, name) != value}
    if not different:
        return
    for name, value in different.items():
        setattr(user, name, value)
    user.revision += 1
    user.updated_date = now
    await session.flush()
    await outbox.record(session, event_of(UserUpdated, user))


def event_of(event: type[UserEvent], user: User) -> UserEvent:
    return event.model_validate(state_of(user).model_dump())


def state_of(user: User) -> UserState:
    """The user as other services may know them: no address."""
    role: Role = user.role  # type: ignore[assignment]  # the table's check holds it to the roles
    return UserState(
        version=user.revision,
        user_id=user.id,
        full_name=full_name(user.first_name, user.last_name),
        role=role,
        is_active=user.is_active,
    )


async def token_of(session: AsyncSession, user: User, vault: TokenVault, *, now: datetime) -> str:
    """The token of a locked user: the one there is, or a new one."""
    found = await session.scalar(select(Token.sealed).where(Token.user_id == user.id))
    token = vault.open(found, user.id) if found is not None else None
    return token or await replace_token(session, user, vault, now=now)


async def replace_token(session: AsyncSession, user: User, vault: TokenVault, *, now: datetime) -> str:
    """A new token for a locked user; the old one is no more."""
    await session.execute(delete(Token).where(Token.user_id == user.id))
    token = new_token()
    session.add(Token(user_id=user.id, lookup=vault.lookup(token), sealed=vault.seal(token, user.id), created_date=now))
    await session.flush()
    return token
