"""Facts about certificates."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.event import Event, State


class CertificateState(State):
    """A certificate. Who holds it is told by id only; names stand on the certificate itself."""

    certificate_id: int
    certificate_number: str
    enrollment_id: int
    user_id: int
    course_id: int
    course_title: str
    status: Literal["active", "revoked", "expired", "superseded"]
    completion_date: datetime
    issued_at: datetime
    verification_url: str


class CertificateIssued(CertificateState, Event):
    """A learner earned a certificate. Happens once for each completed enrollment."""

    TYPE: ClassVar[str] = "certificate.certificate.issued.v1"
    KEY: ClassVar[str] = "certificate_id"


EVENTS: tuple[type[Event], ...] = (CertificateIssued,)
