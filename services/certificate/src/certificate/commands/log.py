"""Writing the public log. Who wants to append waits for the one before to commit: the entries have one order."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.domain import merkle
from certificate.domain.entries import kinds_of, leaf_input
from certificate.models import Certificate, EntryKind, LogEntry, LogNode
from certificate.queries.log import get_hashes, get_size

_LOCK = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '_log'))")
_ORDER: tuple[EntryKind, ...] = ("issue", "revoke", "supersede")


async def append(session: AsyncSession, entries: Sequence[tuple[EntryKind, Certificate]], *, now: datetime) -> None:
    """Append what happened to certificates, in this order.

    Call it last: rows must not be waited for while the log is held.
    """
    await session.execute(_LOCK)
    size = await get_size(session)
    leaves = [
        leaf_input(kind, certificate.certificate_number, certificate.verification_hash, now)
        for kind, certificate in entries
    ]
    peaks = await get_hashes(session, merkle.cover((0, size)))
    nodes = merkle.grow(size, peaks, leaves)
    await session.execute(
        insert(LogEntry),
        [
            {
                "leaf_index": at,
                "kind": kind,
                "certificate_id": certificate.id,
                "leaf_input": leaf,
                "recorded_at": now,
            }
            for at, ((kind, certificate), leaf) in enumerate(zip(entries, leaves, strict=True), start=size)
        ],
    )
    await session.execute(
        insert(LogNode),
        [{"level": level, "node_index": at, "hash": digest} for (level, at), digest in nodes.items()],
    )


async def enter(session: AsyncSession, certificates: Sequence[Certificate], *, now: datetime) -> None:
    """Append what the log lacks of these certificates, whose rows the caller has locked. Call it last, as `append`."""
    ids = [each.id for each in certificates]
    found = await session.execute(
        select(LogEntry.certificate_id, LogEntry.kind).where(LogEntry.certificate_id.in_(ids))
    )
    present = {(row.certificate_id, row.kind) for row in found}
    entries = [
        (kind, each)
        for each in certificates
        for kind in _ORDER
        if kind in kinds_of(each.status) and (each.id, kind) not in present
    ]
    for each in certificates:
        each.is_logged = True
    await session.flush()
    if entries:
        await append(session, entries, now=now)


async def enter_missing(session: AsyncSession, *, limit: int, now: datetime) -> int:
    """Append what bulk work has left for later, and what a release without the log has issued, the oldest first.
    Returns how many certificates.
    """
    found = await session.scalars(
        select(Certificate)
        .where(~Certificate.is_logged)
        .order_by(Certificate.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    certificates = found.all()
    if certificates:
        await enter(session, certificates, now=now)
    return len(certificates)
