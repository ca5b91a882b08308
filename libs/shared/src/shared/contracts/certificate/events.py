"""Facts about certificates."""

from datetime import datetime
from typing import ClassVar, Literal

from shared.contracts.erasure import UserDataErased
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
    supersedes: int | None = None
    """Id of the certificate that this one takes the place of."""


class CertificateIssued(CertificateState, Event):
    """A learner earned a certificate: once for each completed enrollment, and once more with each reissue."""

    TYPE: ClassVar[str] = "certificate.certificate.issued.v1"
    KEY: ClassVar[str] = "certificate_id"


class CertificateRevoked(CertificateState, Event):
    """A certificate was taken back. It stays, and says so when it is verified."""

    TYPE: ClassVar[str] = "certificate.certificate.revoked.v1"
    KEY: ClassVar[str] = "certificate_id"


class CertificateSuperseded(CertificateState, Event):
    """A certificate was reissued: the new one, whose `supersedes` is this one's id, takes its place."""

    TYPE: ClassVar[str] = "certificate.certificate.superseded.v1"
    KEY: ClassVar[str] = "certificate_id"


class CertificateUserDataErased(UserDataErased):
    """This service has forgotten a user who asked for it."""

    TYPE: ClassVar[str] = "certificate.user_data.erased.v1"


EVENTS: tuple[type[Event], ...] = (
    CertificateIssued,
    CertificateRevoked,
    CertificateSuperseded,
    CertificateUserDataErased,
)
