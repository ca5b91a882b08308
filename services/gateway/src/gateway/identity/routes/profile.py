"""One's own account."""

from datetime import UTC, datetime

from fastapi import APIRouter

from gateway.authentication import UseAuthentication
from gateway.identity.commands.sessions import WRONG_PASSWORD, change_password
from gateway.identity.commands.users import update_profile
from gateway.identity.cookies import OwnSession
from gateway.identity.domain.passwords import check_password
from gateway.identity.hashing import UsePasswords
from gateway.identity.queries import get_credentials, get_user
from gateway.identity.schemas import PasswordChange, ProfileUpdate, UserView
from shared.auth import SignedIn
from shared.database import OpenDatabase, Reading
from shared.errors import Invalid

router = APIRouter(prefix="/api/user", tags=["Identity"])


@router.get("/")
async def get_profile(caller: SignedIn, session: Reading) -> UserView:
    """One's own account."""
    return await get_user(session, caller.user_id, now=datetime.now(UTC))


@router.patch("/")
async def patch_profile(body: ProfileUpdate, caller: SignedIn, authentication: UseAuthentication) -> UserView:
    """Change one's names. Everything else is read-only here, and ignored."""
    now = datetime.now(UTC)
    async with authentication.changing(caller.user_id) as session:
        await update_profile(session, caller.user_id, body.model_dump(exclude_unset=True), now=now)
        return await get_user(session, caller.user_id, now=now)


@router.post("/change-password/", status_code=204)
async def change_own_password(
    body: PasswordChange,
    caller: SignedIn,
    own_session: OwnSession,
    database: OpenDatabase,
    passwords: UsePasswords,
    authentication: UseAuthentication,
) -> None:
    """Change one's password. A password that is not one's own is 400 on `old_password`.

    The token stays, and the session of this browser; those of other browsers end.
    """
    async with database.reading() as reading:
        known = await get_credentials(reading, caller.user_id)
    check_password(body.new_password, known.email, field="new_password")
    if not (await passwords.verify(body.old_password, known.password_hash)).right:
        raise Invalid(old_password=WRONG_PASSWORD)
    new_hash = await passwords.hash(body.new_password)
    now = datetime.now(UTC)
    async with authentication.changing(caller.user_id) as session:
        await change_password(session, caller.user_id, known.password_hash, new_hash, own_session, now=now)
