"""A certificate of nobody, to show a template by."""

from datetime import UTC, datetime
from typing import Literal

from certificate.domain.attestation import Attestation
from certificate.rendering.document import Drawing, Look
from certificate.schemas import Paper

Format = Literal["png", "pdf"]

_DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
_NUMBER = "CERT-0-0-20260301120000000"


def sample(look: Look, public_url: str, paper: Paper) -> Drawing:
    """Marked across the page, and without a record that could verify."""
    attestation = Attestation(
        certificate_number=_NUMBER,
        course_id=0,
        course_title="Title of the Course",
        user_id=0,
        student_name="Name of the Learner",
        instructor_name="Name of the Instructor",
        completion_date=_DAY,
        issued_at=_DAY,
        template_version="0",
    )
    return Drawing(
        attestation=attestation,
        record="",
        verification_url=f"{public_url}/verify/{_NUMBER}",
        mark="Preview",
        paper=paper,
        look=look,
        level="beginner",
        duration_minutes=90,
    )
