"""HTTP models: the shapes of the public API (times are ISO 8601 in UTC)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from certificate.domain.design import Colour, Design, Label, Language, Layout, Name, Phrase
from certificate.models import CertificateStatus
from shared.fields import OMITTED, Ref, RowId, Storable
from shared.jobs import MOST_ROWS

LONGEST_REASON = 1000
LONGEST_NAME = 301


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_REASON), Storable]
Paper = Literal["a4", "letter"]


class Revoke(BaseModel):
    reason: Reason = Field(description="Shown to whoever verifies the certificate.")


class Reissue(BaseModel):
    student_name: (
        Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME), Storable] | None
    ) = Field(default=None, description="The name on the new certificate; null: the holder's present one.")


class Bulk(BaseModel):
    """What to do with many certificates of a course."""

    course: Ref = Field(description="Id or slug.")
    action: Literal["issue", "reissue", "revoke", "render"]
    enrollment_ids: Annotated[list[RowId], Field(min_length=1, max_length=MOST_ROWS)] | None = Field(
        default=None, description="Which; null: all of the course that this can be done with."
    )
    reason: Reason | None = Field(default=None, description="For `revoke`, which needs it.")
    paper: Paper = Field(default="a4", description="For `render`.")


class CourseRef(BaseModel):
    """The course as it was on the day of issue."""

    id: int
    title: str
    slug: str


class CertificateView(BaseModel):
    """A certificate. Names and titles are those of the day of issue."""

    id: int
    certificate_number: str
    enrollment: int
    user: int
    student_name: str
    course: CourseRef
    instructor_name: str
    completion_date: datetime
    issued_at: datetime
    is_valid: bool = Field(description="Whether the status is `active`.")
    status: CertificateStatus
    revocation_date: datetime | None
    revocation_reason: str
    verification_hash: str = Field(description="SHA-256, in hex, of the canonical JSON (RFC 8785) of `attested`.")
    signature: str = Field(description="Ed25519 signature over the same bytes, in base64url.")
    template_version: str
    supersedes: int | None
    expires_at: datetime | None
    verification_url: str
    pdf_url: str
    credential_url: str


class Attested(BaseModel):
    """Exactly what hash and signature cover."""

    certificate_number: str
    course_id: int
    course_title: str
    user_id: int
    student_name: str
    instructor_name: str
    completion_date: str
    issued_at: str
    template_version: str


class CertificateDetail(CertificateView):
    key_id: str = Field(description="`kid` of the key that signed, in `/api/certificates/keys/`.")
    attested: Attested


class ChecksView(BaseModel):
    """Each check: true where it passed, null where it could not be made."""

    hash: bool | None = Field(description="Null where the holder's data was erased.")
    signature: bool | None = Field(description="As `hash`.")
    revocation: bool
    log: bool | None = Field(description="Whether the public log says the same; null until it knows the certificate.")


class Verification(BaseModel):
    """What anyone may know of a certificate whose number they have."""

    valid: bool = Field(description="Whether all checks passed and the status is `active`.")
    status: CertificateStatus
    reason: str | None = Field(description="Why it does not hold; null when it does.")
    certificate_number: str
    student_name: str
    course_title: str
    completion_date: datetime
    issued_at: datetime
    checks: ChecksView


class PublicKey(BaseModel):
    """A JSON Web Key (RFC 8037)."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    x: str
    kid: str
    use: Literal["sig"] = "sig"
    alg: Literal["Ed25519"] = "Ed25519"


class PublicKeys(BaseModel):
    """A JSON Web Key Set: all keys that ever signed a certificate."""

    keys: list[PublicKey]


class Checkpoint(BaseModel):
    """The public log at a moment. `signature` covers the canonical JSON (RFC 8785) of all else."""

    origin: str = Field(description="Which log this is.")
    tree_size: int
    root_hash: str = Field(description="In hex; SHA-256 of nothing for an empty log.")
    timestamp: str
    key_id: str
    signature: str


class Inclusion(BaseModel):
    """Proof that an entry is in the log. Hashes are in hex."""

    leaf_index: int
    leaf_input: str = Field(description="The leaf, in base64.")
    leaf_hash: str
    tree_size: int
    audit_path: list[str] = Field(description="From the leaf's sibling up to the root's child.")
    root_hash: str


class Consistency(BaseModel):
    """Proof that the log only grew. Hashes are in hex."""

    first: int
    second: int
    hashes: list[str]


class WordingChange(BaseModel):
    """Words to change; those left out stay."""

    organisation: Name = OMITTED
    heading: Name = OMITTED
    presented: Phrase = OMITTED
    achieved: Phrase = OMITTED
    all_levels: Label = OMITTED
    beginner: Label = OMITTED
    intermediate: Label = OMITTED
    advanced: Label = OMITTED
    completed: Label = OMITTED
    issued: Label = OMITTED
    instructor: Label = OMITTED
    signatory: Phrase = OMITTED
    signatory_title: Label = OMITTED
    number: Label = OMITTED
    verify: Label = OMITTED


class ColoursChange(BaseModel):
    """Colours to change, as `#rrggbb`; those left out stay."""

    ink: Colour = OMITTED
    accent: Colour = OMITTED
    paper: Colour = OMITTED


class TemplateUpdate(BaseModel):
    """What to change; what is left out stays."""

    language: Language = OMITTED
    layout: Layout = OMITTED
    wording: WordingChange = OMITTED
    colours: ColoursChange = OMITTED


class TemplateCreate(TemplateUpdate):
    """What is left out is as in the built-in design."""

    course: Ref | None = Field(default=None, description="Id or slug; null: the default, for administrators.")


class TemplateVersionView(Design):
    """A template as it looks, or looked."""

    version: int = Field(description="Of this template, from 1.")
    template_version: str = Field(description="What certificates issued with it attest.")
    logo_url: str | None
    signature_url: str | None
    preview_url: str
    created_date: datetime


class TemplateView(TemplateVersionView):
    """How certificates of a course look, or (`course` null) those of courses without a template of their own."""

    id: int
    course: int | None
    updated_date: datetime
