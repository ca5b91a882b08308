"""Taking one's data away."""

import secrets
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from gateway.authentication import UseAuthentication
from gateway.erasure.commands import erase_user
from gateway.erasure.export import DataExport, gather, get_own_data
from gateway.identity.commands.sessions import WRONG_PASSWORD
from gateway.identity.cookies import OwnSession, delete_cookies
from gateway.identity.hashing import UsePasswords
from gateway.identity.queries import get_credentials
from gateway.identity.schemas import KnownPassword
from shared.auth import SignedIn
from shared.database import OpenDatabase
from shared.errors import Invalid
from shared.jobs import JobStarted

router = APIRouter(prefix="/api/user", tags=["Identity"])


class Erasure(BaseModel):
    password: KnownPassword


@router.get("/export/", response_model=DataExport)
async def export_own_data(caller: SignedIn, database: OpenDatabase, request: Request) -> Response:
    """All that the system holds about oneself, from every service."""
    async with database.reading() as session:
        own = await get_own_data(session, caller.user_id, now=datetime.now(UTC))
    body = await gather(request.app.state.inside, own)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="syllabus-export.json"'}
    return Response(body, media_type="application/json", headers=headers)


@router.delete("/", status_code=202)
async def erase_oneself(
    body: Erasure,
    caller: SignedIn,
    own_session: OwnSession,
    database: OpenDatabase,
    passwords: UsePasswords,
    authentication: UseAuthentication,
    response: Response,
) -> JobStarted:
    """Have oneself forgotten, for ever. A password that is not one's own is 400 on `password`.

    The account is closed at once, and every browser logged out. Names, addresses and what one wrote for oneself are
    blanked in every service, which the job follows: administrators can look, since the token works no more. Ratings,
    scores and counts stay, without a name. The last active administrator cannot go.
    """
    async with database.reading() as reading:
        known = await get_credentials(reading, caller.user_id)
    if not (await passwords.verify(body.password, known.password_hash)).right:
        raise Invalid(password=WRONG_PASSWORD)
    unusable = await passwords.hash(secrets.token_hex())
    async with authentication.changing(caller.user_id) as session:
        started = await erase_user(
            session, caller.user_id, unusable, verified_hash=known.password_hash, now=datetime.now(UTC)
        )
    if own_session is not None:
        delete_cookies(response)
    return started
