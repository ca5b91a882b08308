"""The guard: looks every few seconds whether those behind open outlets are still signed in."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy import text

from gateway.push.hub import Hub
from gateway.push.outlet import FORBIDDEN, SIGNED_OUT, Outlet
from shared.database import Database, is_away
from shared.stopping import stop_if_cancelled

EVERY_S = 3.0
AT_ONCE = 1000

_HOLDERS = text("""
    SELECT tokens.lookup AS key, users.role FROM tokens JOIN users ON users.id = tokens.user_id
    WHERE tokens.lookup = ANY(:keys) AND users.is_active
    UNION ALL
    SELECT sessions.digest, users.role FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.digest = ANY(:keys) AND sessions.expires_at > :now AND users.is_active
""")

log = structlog.get_logger()


async def guard(database: Database, hub: Hub) -> None:
    """Until cancelled: close the outlets of tokens and sessions that ended, of closed accounts, of roles taken back."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await look(database, hub)
        except Exception as error:
            stop_if_cancelled()
            if not is_away(error):
                log.exception("looking after open sockets failed; it goes on")


async def look(database: Database, hub: Hub) -> None:
    """One look. A statement for each thousand outlets."""
    outlets = hub.outlets
    for start in range(0, len(outlets), AT_ONCE):
        await _look_at(database, outlets[start : start + AT_ONCE])


async def _look_at(database: Database, outlets: Sequence[Outlet]) -> None:
    keys = list({outlet.credential.key for outlet in outlets})
    async with database.reading() as session:
        rows = (await session.execute(_HOLDERS, {"keys": keys, "now": datetime.now(UTC)})).all()
    roles = {bytes(row.key): row.role for row in rows}
    for outlet in outlets:
        role = roles.get(outlet.credential.key)
        if role is None:
            outlet.close(SIGNED_OUT)
            continue
        outlet.channel.role = role
        if not outlet.channel.is_allowed():
            outlet.close(FORBIDDEN)
