"""The public log of every issue and revocation: its checkpoint, and proofs against it."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import rfc8785
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.domain import merkle
from certificate.domain.attestation import instant
from certificate.domain.entries import tells_of
from certificate.domain.merkle import Node, Range
from certificate.issuer import Issuer
from certificate.models import Certificate, CertificateStatus, EntryKind, LogEntry, LogNode
from certificate.schemas import Checkpoint, Consistency, Inclusion
from shared.errors import Invalid, NotFound


async def get_checkpoint(session: AsyncSession, issuer: Issuer, *, now: datetime) -> Checkpoint:
    """The log as it is now, signed."""
    size = await get_size(session)
    hashes = await get_hashes(session, merkle.cover((0, size)))
    said: dict[str, str | int] = {
        "origin": f"{urlsplit(issuer.public_url).netloc}/api/certificates/log",
        "tree_size": size,
        "root_hash": merkle.hash_over((0, size), hashes).hex(),
        "timestamp": instant(now),
        "key_id": issuer.key.kid,
    }
    return Checkpoint.model_validate({**said, "signature": issuer.key.sign(rfc8785.dumps(said))})


async def get_inclusion(
    session: AsyncSession, certificate_number: str, kind: EntryKind, tree_size: int | None
) -> Inclusion:
    """That the entry is in the log, or in what the log was at `tree_size`. Raises NotFound, Invalid."""
    found = await session.execute(
        select(LogEntry.leaf_index, LogEntry.leaf_input)
        .join(Certificate, Certificate.id == LogEntry.certificate_id)
        .where(Certificate.certificate_number == certificate_number, LogEntry.kind == kind)
    )
    entry = found.one_or_none()
    if entry is None:
        raise NotFound("The log has no such entry.")
    size = await get_size(session)
    if tree_size is not None:
        if not entry.leaf_index < tree_size <= size:
            raise Invalid(tree_size=f"The entry is in trees of {entry.leaf_index + 1} to {size} leaves.")
        size = tree_size
    path = merkle.inclusion_path(entry.leaf_index, size)
    hashes = await _hashes_over(session, [*path, (0, size)])
    return Inclusion(
        leaf_index=entry.leaf_index,
        leaf_input=base64.b64encode(entry.leaf_input).decode(),
        leaf_hash=merkle.leaf_hash(entry.leaf_input).hex(),
        tree_size=size,
        audit_path=[digest.hex() for digest in hashes[:-1]],
        root_hash=hashes[-1].hex(),
    )


async def get_consistency(session: AsyncSession, first: int, second: int) -> Consistency:
    """That the log of `second` entries begins with that of `first`. Raises Invalid."""
    if first > second:
        raise Invalid(first=f"Must not be above second, {second}.")
    if second > (size := await get_size(session)):
        raise Invalid(second=f"The log has {size} entries.")
    hashes = await _hashes_over(session, merkle.consistency_path(first, second))
    return Consistency(first=first, second=second, hashes=[digest.hex() for digest in hashes])


async def is_in_log(
    session: AsyncSession, certificate: Certificate, verification_hash: str, status: CertificateStatus
) -> bool | None:
    """Whether the log says of a certificate what its row says, in entries that the tree proves.

    None for one that an older release has issued, until a schedule has entered it.
    """
    if not certificate.is_logged:
        return None
    found = await session.execute(
        select(LogEntry.kind, LogEntry.leaf_index, LogEntry.leaf_input).where(LogEntry.certificate_id == certificate.id)
    )
    entries = found.all()
    leaves: Mapping[EntryKind, bytes] = {entry.kind: entry.leaf_input for entry in entries}
    if not tells_of(leaves, certificate.certificate_number, verification_hash, status):
        return False
    size = await get_size(session)
    paths = [merkle.inclusion_path(entry.leaf_index, size) for entry in entries]
    hashes = await get_hashes(session, _covering([(0, size), *(leaves for path in paths for leaves in path)]))
    root = merkle.hash_over((0, size), hashes)
    return all(
        merkle.is_included(
            merkle.leaf_hash(entry.leaf_input),
            entry.leaf_index,
            size,
            [merkle.hash_over(leaves, hashes) for leaves in path],
            root,
        )
        for entry, path in zip(entries, paths, strict=True)
    )


async def get_size(session: AsyncSession) -> int:
    """Number of entries. All of them, and the nodes over them, are there by then."""
    last = await session.scalar(select(func.max(LogEntry.leaf_index)))
    return 0 if last is None else last + 1


async def get_hashes(session: AsyncSession, nodes: Iterable[Node]) -> dict[Node, bytes]:
    rows = await session.execute(
        select(LogNode.level, LogNode.node_index, LogNode.hash).where(
            tuple_(LogNode.level, LogNode.node_index).in_(list(nodes))
        )
    )
    return {(row.level, row.node_index): row.hash for row in rows}


async def _hashes_over(session: AsyncSession, ranges: Sequence[Range]) -> list[bytes]:
    hashes = await get_hashes(session, _covering(ranges))
    return [merkle.hash_over(leaves, hashes) for leaves in ranges]


def _covering(ranges: Iterable[Range]) -> set[Node]:
    return {node for leaves in ranges for node in merkle.cover(leaves)}
