"""Whether a certificate holds, and why not."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from certificate.domain.attestation import Attestation
from certificate.domain.records import Record
from certificate.domain.signing import VerifyingKey
from certificate.models import CertificateStatus

_REASON: dict[CertificateStatus, str] = {
    "revoked": "The certificate was revoked.",
    "expired": "The certificate has expired.",
    "superseded": "A newer certificate takes the place of this one.",
}
CHANGED_FILE = (
    "The file was changed, or saved anew by another program, since it was issued. "
    "Its certificate can be checked by number."
)


@dataclass(frozen=True)
class Checks:
    """Outcome of each check, true where it passed, None where it could not be made."""

    hash: bool | None
    signature: bool | None
    revocation: bool
    log: bool | None


def status_at(status: CertificateStatus, expires_at: datetime | None, *, now: datetime) -> CertificateStatus:
    """The status a certificate has at a moment: an active one expires by the clock alone."""
    return "expired" if status == "active" and expires_at is not None and expires_at <= now else status


def check(
    attestation: Attestation,
    *,
    verification_hash: str,
    signature: str,
    key: VerifyingKey,
    status: CertificateStatus,
    is_in_log: bool | None,
) -> Checks:
    """Compute hash and signature anew from what is stored, and hold them against those of the day of issue.

    `is_in_log`: whether the public log knows the certificate by this `verification_hash`;
    None while it is not entered yet.
    """
    is_revoked = status == "revoked"
    try:
        data = attestation.canonical()
    except ValueError:  # an id that no JSON number can tell: nobody signed that
        return Checks(hash=False, signature=False, revocation=not is_revoked, log=False)
    return Checks(
        hash=hashlib.sha256(data).hexdigest() == verification_hash,
        signature=key.verify(data, signature),
        revocation=not is_revoked,
        log=is_in_log,
    )


def check_record(record: Record, verification_hash: str, key: VerifyingKey) -> tuple[bool, bool]:
    """Whether a file says what was issued, and whether its signature is the key's over what it says."""
    try:
        data = record.canonical()
    except ValueError:
        return False, False
    return hashlib.sha256(data).hexdigest() == verification_hash, key.verify(data, record.signature)


def reason_against(checks: Checks, status: CertificateStatus, revocation_reason: str) -> str | None:
    """The sentence that says why a certificate does not hold; None when it does. Forgery is told before all else."""
    if checks.hash is False or checks.signature is False:
        return "What the certificate says is not what was signed."
    if checks.log is False:
        return "The public log of certificates says otherwise."
    if status == "active":
        return None
    if status == "revoked" and revocation_reason:
        return f"The certificate was revoked: {revocation_reason}"
    return _REASON[status]
