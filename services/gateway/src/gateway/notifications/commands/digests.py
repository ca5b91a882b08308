"""Digests: what waited for one is gathered, user by user, and mailed."""

from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.mail.queue import post_all
from gateway.notifications.domain.digests import DigestCadence

BATCH = 200

_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || '_digests'))")
_GATHER = text("""
    WITH readers AS (
        SELECT DISTINCT user_id FROM notifications
        WHERE email_cadence = :cadence AND created_date < :until ORDER BY user_id LIMIT :limit
    ), made AS (
        INSERT INTO digests (user_id, cadence, created_date) SELECT user_id, :cadence, :now FROM readers
        RETURNING id, user_id
    ), gathered AS (
        UPDATE notifications AS one SET digest_id = made.id, email_cadence = NULL FROM made
        WHERE one.user_id = made.user_id AND one.email_cadence = :cadence AND one.created_date < :until
        RETURNING 1
    )
    SELECT made.id, users.email::text, users.is_active AND users.is_email_verified AS has_mailbox
    FROM made JOIN users ON users.id = made.user_id ORDER BY made.id
""").bindparams(bindparam("limit", BATCH))


async def gather_digests(session: AsyncSession, cadence: DigestCadence, *, until: datetime, now: datetime) -> bool:
    """Make digests of what is older than `until`, for some users; whether there may be more to make.

    One worker at a time: the others find the lock taken and leave. With the transaction goes everything or nothing.
    """
    if not await session.scalar(_ALONE):
        return False
    made = (await session.execute(_GATHER, {"cadence": cadence, "until": until, "now": now})).all()
    await post_all(session, [(f"digest:{row.id}", row.email) for row in made if row.has_mailbox], now=now)
    return len(made) == BATCH
