"""Entries of the public log: what a leaf says, and what the log must say of a certificate."""

import json
from collections.abc import Mapping
from datetime import datetime

import rfc8785

from certificate.domain.attestation import instant
from certificate.models import CertificateStatus, EntryKind

_KINDS: dict[CertificateStatus, frozenset[EntryKind]] = {
    "active": frozenset({"issue"}),
    "expired": frozenset({"issue"}),
    "revoked": frozenset({"issue", "revoke"}),
    "superseded": frozenset({"issue", "supersede"}),
}


def kinds_of(status: CertificateStatus) -> frozenset[EntryKind]:
    """The entries that a certificate of this status has."""
    return _KINDS[status]


def leaf_input(kind: EntryKind, certificate_number: str, verification_hash: str, recorded_at: datetime) -> bytes:
    """The leaf, as canonical JSON. Neither names nor reasons: what is in the log stays for good."""
    return rfc8785.dumps(
        {
            "kind": kind,
            "certificate_number": certificate_number,
            "verification_hash": verification_hash,
            "recorded_at": instant(recorded_at),
        }
    )


def tells_of(leaves: Mapping[EntryKind, bytes], number: str, verification_hash: str, status: CertificateStatus) -> bool:
    """Whether a certificate's leaves fit it: those that its status needs, no others, and each about these facts."""
    if leaves.keys() != kinds_of(status):
        return False
    return all(_is_about(leaf, kind, number, verification_hash) for kind, leaf in leaves.items())


def _is_about(leaf: bytes, kind: EntryKind, number: str, verification_hash: str) -> bool:
    said = json.loads(leaf)
    facts = (said["kind"], said["certificate_number"], said["verification_hash"])
    return bool(facts == (kind, number, verification_hash))
