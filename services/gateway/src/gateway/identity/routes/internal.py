"""What other services ask about users."""

from typing import Annotated

from fastapi import APIRouter, Path

from gateway.identity.queries import get_state
from shared.auth import FromService
from shared.contracts.gateway.http import UserState
from shared.database import Reading

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/users/{user_id}/")
async def get_user_state(
    user_id: Annotated[int, Path(ge=1, le=2**63 - 1)], caller: FromService, session: Reading
) -> UserState:
    return await get_state(session, user_id)
