"""What is asked about accounts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.domain.links import NO_LINK, Purpose
from gateway.identity.schemas import SubscriptionView, UserView
from gateway.identity.secret import digest_of
from gateway.models import MailLink, Subscription, User
from gateway.store import state_of
from shared.contracts.gateway.events import Role
from shared.contracts.gateway.http import UserState
from shared.errors import Invalid, NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate


@dataclass(frozen=True)
class Credentials:
    """What a password is compared with."""

    user_id: int
    email: str
    password_hash: str


@dataclass(frozen=True)
class LinkOwner:
    """Who may follow a mailed link."""

    user_id: int
    email: str


@dataclass(frozen=True)
class UserFilter:
    """Which users are listed; None: all."""

    search: str | None = None
    """Words of name or address, each anywhere in them."""
    role: Role | None = None
    is_active: bool | None = None

    def apply(self, statement: Select[Any]) -> Select[Any]:
        for word in (self.search or "").lower().split():
            statement = statement.where(User.search_text.contains(word, autoescape=True))
        if self.role is not None:
            statement = statement.where(User.role == self.role)
        if self.is_active is not None:
            statement = statement.where(User.is_active == self.is_active)
        return statement


async def find_credentials(session: AsyncSession, email: str) -> Credentials | None:
    """By address, in whatever case."""
    row = (
        await session.execute(select(User.id, User.email, User.password_hash).where(User.email == email))
    ).one_or_none()
    return Credentials(*row) if row else None


async def get_credentials(session: AsyncSession, user_id: int) -> Credentials:
    """Raises NotFound."""
    row = (
        await session.execute(select(User.id, User.email, User.password_hash).where(User.id == user_id))
    ).one_or_none()
    if row is None:
        raise NotFound
    return Credentials(*row)


async def find_link(session: AsyncSession, token: str, purpose: Purpose, *, now: datetime) -> LinkOwner:
    """Whose link it is. Raises Invalid when it is nobody's, or has expired."""
    row = (
        await session.execute(
            select(User.id, User.email)
            .join(MailLink, MailLink.user_id == User.id)
            .where(
                MailLink.digest == digest_of(token),
                MailLink.purpose == purpose,
                MailLink.expires_at > now,
                User.is_active,
            )
        )
    ).one_or_none()
    if row is None:
        raise Invalid(token=NO_LINK)
    return LinkOwner(*row)


async def get_user(session: AsyncSession, user_id: int, *, now: datetime) -> UserView:
    """Raises NotFound."""
    row = (await session.execute(_users().where(User.id == user_id))).one_or_none()
    if row is None:
        raise NotFound
    return UserView.of(row.User, row.Subscription, now=now)


async def get_subscription(session: AsyncSession, user_id: int, *, now: datetime) -> SubscriptionView:
    """Raises NotFound."""
    subscription = await session.get(Subscription, user_id)
    if subscription is None:
        raise NotFound
    return SubscriptionView.of(subscription, now=now)


async def get_state(session: AsyncSession, user_id: int) -> UserState:
    """The user as other services may know them. Raises NotFound."""
    user = await session.get(User, user_id)
    if user is None:
        raise NotFound
    return state_of(user)


async def get_state_by_email(session: AsyncSession, email: str) -> UserState:
    """The user with this address, in any case of letters. Raises NotFound."""
    user = await session.scalar(select(User).where(User.email == email))
    if user is None:
        raise NotFound
    return state_of(user)


async def list_users(session: AsyncSession, wanted: UserFilter, page: PageRequest, *, now: datetime) -> Page[UserView]:
    """By id, unless `ordering` says otherwise."""
    allowed = {"id": User.id, "email": User.email, "date_joined": User.date_joined}
    keys = order_of(page, allowed, [], Key(User.id))
    return await paginate(
        session, wanted.apply(_users()), page, keys, lambda row: UserView.of(row.User, row.Subscription, now=now)
    )


def _users() -> Select[Any]:
    """Those who were not erased."""
    entities: tuple[Any, ...] = (User, Subscription)
    accounts = select(*entities).join(Subscription, Subscription.user_id == User.id)
    return accounts.where(User.erased_date.is_(None))
