"""The rows behind the keys: who holds one, what it was used for, how it was answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database

KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=90)
"""How long a request may be under way: longer than a service may take to answer. Then its process has died."""
_AT_ONCE = 5000

# One statement decides who does it: of several at once one inserts, the others wait for its commit and find its row.
_CLAIM = text("""
    INSERT INTO idempotency_keys (user_id, key, fingerprint, holder, leased_until, created_date)
    VALUES (:user_id, :key, :fingerprint, :holder, :leased_until, :now)
    ON CONFLICT (user_id, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, holder = excluded.holder, leased_until = excluded.leased_until,
        created_date = excluded.created_date, status = NULL, answer = NULL
    WHERE idempotency_keys.created_date <= :over
       OR (idempotency_keys.status IS NULL AND idempotency_keys.leased_until <= :now)
    RETURNING true
""")
_FOUND = text("""
    SELECT fingerprint, status, answer, leased_until FROM idempotency_keys WHERE user_id = :user_id AND key = :key
""")
_KEEP = text("""
    UPDATE idempotency_keys SET status = :status, answer = :answer
    WHERE user_id = :user_id AND key = :key AND holder = :holder AND status IS NULL
""")
_RELEASE = text("""
    DELETE FROM idempotency_keys WHERE user_id = :user_id AND key = :key AND holder = :holder AND status IS NULL
""")
_FORGET = text("""
    DELETE FROM idempotency_keys WHERE (user_id, key) IN (
        SELECT user_id, key FROM idempotency_keys WHERE created_date <= :over
        ORDER BY created_date LIMIT :most FOR UPDATE SKIP LOCKED
    )
""")


@dataclass(frozen=True)
class Use:
    """One use of a key."""

    user_id: int
    key: str
    holder: UUID
    """Drawn for this use: whoever lost the key after its lease changes nothing any more."""


@dataclass(frozen=True)
class Found:
    """An earlier use of the key."""

    fingerprint: bytes
    status: int | None
    """None while it is under way."""
    answer: bytes | None
    """Sealed; None also when it was too large to be kept."""
    leased_until: datetime


async def claim(session: AsyncSession, use: Use, fingerprint: bytes, *, now: datetime) -> Found | None:
    """Take the key, unless it is in use or was used; then how. None: it is taken."""
    named = {"user_id": use.user_id, "key": use.key}
    values = {**named, "fingerprint": fingerprint, "holder": use.holder, "leased_until": now + LEASE}
    if await session.scalar(_CLAIM, {**values, "now": now, "over": now - KEPT}):
        return None
    row = (await session.execute(_FOUND, named)).one_or_none()
    if row is None:  # it was given back between the two statements
        return Found(fingerprint, None, None, now)
    return Found(*row)


async def keep(session: AsyncSession, use: Use, status: int, answer: bytes | None) -> None:
    """How it was answered, for those who repeat it."""
    await session.execute(_KEEP, {**_named(use), "status": status, "answer": answer})


async def release(session: AsyncSession, use: Use) -> None:
    """Give the key back: nothing was done, or nobody knows."""
    await session.execute(_RELEASE, _named(use))


async def forget_old(session: AsyncSession, *, now: datetime) -> int:
    """Delete what is older than it need be, so many at a time; how many there were."""
    deleted = await session.execute(_FORGET, {"over": now - KEPT, "most": _AT_ONCE})
    return int(deleted.rowcount)  # type: ignore[attr-defined]  # a DELETE has it


async def forget_old_keys(database: Database, *, now: datetime) -> None:
    while True:
        async with database.transaction() as session:
            if await forget_old(session, now=now) < _AT_ONCE:
                return


def _named(use: Use) -> dict[str, object]:
    return {"user_id": use.user_id, "key": use.key, "holder": use.holder}
