"""Tables: certificates, keys that signed them, their log and templates, completed enrollments, copies of others."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import CONSTRAINT_NAMES

CertificateStatus = Literal["active", "revoked", "expired", "superseded"]
CompletionState = Literal["pending", "awaiting_assessments", "issued", "not_applicable"]
EntryKind = Literal["issue", "revoke", "supersede"]
OPEN_STATES: tuple[CompletionState, ...] = ("pending", "awaiting_assessments")
"""States in which a completion may still come to a certificate."""

Moment = DateTime(timezone=True)


class Table(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


class Certificate(Table):
    """A certificate as it was issued. What it attests never changes; its status does."""

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'revoked', 'expired', 'superseded')", name="status"),
        CheckConstraint("(status = 'revoked') = (revocation_date IS NOT NULL)", name="revocation"),
        Index(
            "uq_certificates_enrollment_id", "enrollment_id", unique=True, postgresql_where=text("status = 'active'")
        ),
        Index("ix_certificates_user_id_issued_at", "user_id", "issued_at"),
        Index("ix_certificates_course_id_issued_at", "course_id", "issued_at"),
        Index("ix_certificates_unlogged", "id", postgresql_where=text("NOT is_logged")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
    certificate_number: Mapped[str] = mapped_column(String(50), unique=True)
    enrollment_id: Mapped[int] = mapped_column(BigInteger, index=True)
    user_id: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(BigInteger)
    student_name: Mapped[str] = mapped_column(Text)
    course_title: Mapped[str] = mapped_column(Text)
    course_slug: Mapped[str] = mapped_column(Text)
    course_level: Mapped[str] = mapped_column(Text)
    course_duration_minutes: Mapped[int | None] = mapped_column(Integer)
    instructor_name: Mapped[str] = mapped_column(Text)
    completion_date: Mapped[datetime] = mapped_column(Moment, index=True)
    issued_at: Mapped[datetime] = mapped_column(Moment, index=True)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    status: Mapped[CertificateStatus] = mapped_column(String(20))
    revocation_date: Mapped[datetime | None] = mapped_column(Moment)
    revocation_reason: Mapped[str] = mapped_column(Text, server_default="")
    verification_hash: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(86))
    key_id: Mapped[str] = mapped_column(ForeignKey("signing_keys.kid"))
    template_version: Mapped[str] = mapped_column(String(10))
    supersedes_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"), unique=True)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    """When its holder was forgotten: its name is blank since, so hash and signature cannot be computed anew."""
    is_logged: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    """Whether its entries are in the public log. Those of bulk work follow in a later transaction."""
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now(), onupdate=func.now())

    def verification_url(self, public_url: str) -> str:
        """The page where anyone can check it."""
        return f"{public_url}/verify/{self.certificate_number}"

    def credential_url(self, public_url: str) -> str:
        """Where it is a verifiable credential."""
        return f"{public_url}/api/certificates/{self.id}/credential/"


class LogEntry(Table):
    """A leaf of the public log: a certificate was issued, revoked, or superseded. Never changed."""

    __tablename__ = "log_entries"
    __table_args__ = (
        CheckConstraint("kind IN ('issue', 'revoke', 'supersede')", name="kind"),
        UniqueConstraint("certificate_id", "kind"),
    )

    leaf_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[EntryKind] = mapped_column(String(20))
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    leaf_input: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime] = mapped_column(Moment)


class LogNode(Table):
    """The hash of a perfect subtree of the public log, over `2**level` leaves. Never changed."""

    __tablename__ = "log_nodes"
    __table_args__ = (CheckConstraint("octet_length(hash) = 32", name="hash"),)

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    node_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class KnownKey(Table):
    """A public key that has signed certificates. Kept for good: what it signed must go on verifying."""

    __tablename__ = "signing_keys"

    kid: Mapped[str] = mapped_column(String(43), primary_key=True)
    x: Mapped[str] = mapped_column(String(43))
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Template(Table):
    """How certificates of a course look, or (no course) those of courses without one. Its looks are its versions."""

    __tablename__ = "templates"
    __table_args__ = (
        Index("uq_templates_course_id", "course_id", unique=True, postgresql_where=text("NOT is_deleted")),
        Index(
            "uq_templates_default",
            "is_deleted",
            unique=True,
            postgresql_where=text("course_id IS NULL AND NOT is_deleted"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    course_id: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    """The number of its present version, from 1."""
    is_deleted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now(), onupdate=func.now())


class TemplateVersion(Table):
    """A look, never changed. Its id is the `template_version` that certificates attest; 1 is the built-in design."""

    __tablename__ = "template_versions"
    __table_args__ = (UniqueConstraint("template_id", "version"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(start=2, maxvalue=9_999_999_999), primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey("templates.id"))
    version: Mapped[int] = mapped_column(Integer)
    design: Mapped[dict[str, Any]] = mapped_column(JSONB)
    logo_digest: Mapped[str | None] = mapped_column(ForeignKey("template_images.digest"))
    signature_digest: Mapped[str | None] = mapped_column(ForeignKey("template_images.digest"))
    created_by: Mapped[int] = mapped_column(BigInteger)
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class TemplateImage(Table):
    """A logo or signature, as a PNG of our own making, by its SHA-256. Never changed."""

    __tablename__ = "template_images"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    png: Mapped[bytes] = mapped_column(LargeBinary)


class Completion(Table):
    """A completed enrollment on its way to a certificate: the state of that process.

    `due_at` is when the schedule looks at it next, null when there is nothing more to do; `checks` counts its looks.
    """

    __tablename__ = "completions"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'awaiting_assessments', 'issued', 'not_applicable')", name="state"),
        CheckConstraint("(state IN ('pending', 'awaiting_assessments')) = (due_at IS NOT NULL)", name="due_while_open"),
        Index("ix_completions_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_completions_course_id_open", "course_id", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_completions_user_id", "user_id", "course_id"),
    )

    enrollment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(BigInteger)
    completed_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[CompletionState] = mapped_column(String(20))
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    checks: Mapped[int] = mapped_column(Integer, server_default="0")
    correlation_id: Mapped[str] = mapped_column(Text, server_default="")
    """Of the request that completed it, or last brought it forward: its certificate's events carry it on."""
    created_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now(), onupdate=func.now())


class Course(Table):
    """Copy of a course of the catalog. `staff` is a list of `{user_id, name, is_lead}`."""

    __tablename__ = "courses"

    course_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    slug: Mapped[str] = mapped_column(Text, index=True)
    title: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    duration_minutes: Mapped[int | None] = mapped_column(Integer)
    has_certificate: Mapped[bool] = mapped_column(Boolean)
    is_deleted: Mapped[bool] = mapped_column(Boolean)
    staff: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)

    def is_staff(self, user_id: int) -> bool:
        return any(member["user_id"] == user_id for member in self.staff)

    def instructor_name(self) -> str:
        """The name of who leads the course; empty when nobody does."""
        return next((str(member["name"]) for member in self.staff if member["is_lead"]), "")


class User(Table):
    """Copy of a user of the gateway."""

    __tablename__ = "users"

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    full_name: Mapped[str] = mapped_column(Text)


class Assessment(Table):
    """Copy of what an assessment means for certificates."""

    __tablename__ = "assessments"

    assessment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    course_id: Mapped[int] = mapped_column(BigInteger, index=True)
    is_required: Mapped[bool] = mapped_column(Boolean)
    is_deleted: Mapped[bool] = mapped_column(Boolean)


class Attempt(Table):
    """Copy of a graded attempt: whether its learner has passed the assessment, as it said when last graded."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_passed", "user_id", "assessment_id", postgresql_where=text("has_passed")),)

    attempt_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(BigInteger)
    assessment_id: Mapped[int] = mapped_column(BigInteger)
    has_passed: Mapped[bool] = mapped_column(Boolean)
