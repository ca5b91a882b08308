"""Accounts, for administrators."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator

from gateway.authentication import UseAuthentication
from gateway.identity.commands.users import set_subscription, update_user
from gateway.identity.domain.names import check_characters
from gateway.identity.queries import UserFilter, get_subscription, get_user, list_users
from gateway.identity.schemas import SubscriptionUpdate, SubscriptionView, UserUpdate, UserView
from shared.auth import Administrator
from shared.contracts.gateway.events import Role
from shared.database import Reading
from shared.pagination import Page, Paging

router = APIRouter(prefix="/api/users", tags=["Users"])

UserId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/")
async def get_users(
    caller: Administrator,
    session: Reading,
    page: Paging,
    search: Annotated[
        str | None, Query(max_length=100, description="Words of name or address."), AfterValidator(check_characters)
    ] = None,
    role: Role | None = None,
    is_active: bool | None = None,
) -> Page[UserView]:
    """All accounts. Order by `id`, `email` or `date_joined`."""
    return await list_users(session, UserFilter(search, role, is_active), page, now=datetime.now(UTC))


@router.get("/{user_id}/")
async def get_one_user(user_id: UserId, caller: Administrator, session: Reading) -> UserView:
    """Any account."""
    return await get_user(session, user_id, now=datetime.now(UTC))


@router.patch("/{user_id}/")
async def patch_user(
    user_id: UserId, body: UserUpdate, caller: Administrator, authentication: UseAuthentication
) -> UserView:
    """Change names, role or activation. The last active administrator cannot be demoted or deactivated.

    A deactivated user's token is refused with 401 `ACCOUNT_DEACTIVATED`, and works again after reactivation.
    """
    now = datetime.now(UTC)
    async with authentication.changing(user_id) as session:
        await update_user(session, user_id, body.model_dump(exclude_unset=True), now=now)
        return await get_user(session, user_id, now=now)


@router.put("/{user_id}/subscription/")
async def put_subscription(
    user_id: UserId, body: SubscriptionUpdate, caller: Administrator, authentication: UseAuthentication
) -> SubscriptionView:
    """Set a user's tier, and until when. `premium` without an end lasts for ever; `free` has no end."""
    now = datetime.now(UTC)
    async with authentication.changing(user_id) as session:
        await set_subscription(session, user_id, body.model_dump(exclude_unset=True), now=now)
        return await get_subscription(session, user_id, now=now)
