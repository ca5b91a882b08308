"""What may still be done with a certificate, by its status."""

from datetime import datetime, timedelta

from certificate.models import CertificateStatus
from shared.errors import Invalid

_TICK = timedelta(milliseconds=1)
_NO_REVOCATION = "A newer certificate takes the place of this one: revoke that."
_NO_REISSUE: dict[CertificateStatus, str] = {
    "revoked": "The certificate was revoked. Only one in force can be reissued.",
    "expired": "The certificate has expired. Only one in force can be reissued.",
    "superseded": "The certificate was reissued already: a newer one takes its place.",
}


def check_may_revoke(status: CertificateStatus) -> None:
    """One that expired may be: a reader asks whether it ever held. Raises Invalid for a superseded one."""
    if status == "superseded":
        raise Invalid(non_field_errors=_NO_REVOCATION)


def check_may_reissue(status: CertificateStatus) -> None:
    """Raises Invalid unless it is in force."""
    if status in _NO_REISSUE:
        raise Invalid(non_field_errors=_NO_REISSUE[status])


def reissue_time(issued_at: datetime, *, now: datetime) -> datetime:
    """Now, but after the certificate before: numbers tell certificates apart by the millisecond."""
    return max(now, issued_at + _TICK)
