"""What a certificate attests: nine facts, in one canonical form, so that anyone can check hash and signature."""

import hashlib
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime

import rfc8785

from certificate.models import Certificate


@dataclass(frozen=True)
class Attestation:
    """Exactly what hash and signature cover. Names and titles are those of the day of issue."""

    certificate_number: str
    course_id: int
    course_title: str
    user_id: int
    student_name: str
    instructor_name: str
    completion_date: datetime
    issued_at: datetime
    template_version: str

    @classmethod
    def of(cls, certificate: Certificate) -> "Attestation":
        """What a certificate says, as it is stored now."""
        return cls(**{field.name: getattr(certificate, field.name) for field in fields(cls)})

    def facts(self) -> dict[str, str | int]:
        """The facts as JSON has them; times as everywhere in the API."""
        return {name: instant(value) if isinstance(value, datetime) else value for name, value in asdict(self).items()}

    def canonical(self) -> bytes:
        """The JSON of RFC 8785: the bytes that are hashed and signed. Raises ValueError for an id of 2**53 or more."""
        return rfc8785.dumps(self.facts())

    def verification_hash(self) -> str:
        """SHA-256 of the canonical JSON, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()


def instant(value: datetime) -> str:
    """ISO 8601 in UTC, with six decimals of a second or none: `2026-03-01T12:00:00Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def issue_time(now: datetime) -> datetime:
    """The time of issue: a certificate's number tells it to the millisecond, so it has no more."""
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def certificate_number(course_id: int, user_id: int, issued_at: datetime) -> str:
    """`CERT-{course_id}-{user_id}-{timestamp}`, UTC to the millisecond."""
    moment = issued_at.astimezone(UTC)
    return f"CERT-{course_id}-{user_id}-{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
