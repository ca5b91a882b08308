"""What other services ask about users."""

from typing import Annotated

from fastapi import APIRouter, Query

from gateway.identity.queries import get_state, get_state_by_email
from shared.auth import FromService
from shared.contracts.gateway.http import UserState
from shared.database import Reading
from shared.fields import PathId, Text

LONGEST_EMAIL = 254

router = APIRouter(prefix="/internal", include_in_schema=False)


@router.get("/users/{user_id}/")
async def get_user_state(user_id: PathId, caller: FromService, session: Reading) -> UserState:
    return await get_state(session, user_id)


@router.get("/users/")
async def find_user_state(
    email: Annotated[Text, Query(max_length=LONGEST_EMAIL)], caller: FromService, session: Reading
) -> UserState:
    """By address: bulk enrolment and instructors are named by it."""
    return await get_state_by_email(session, email)
