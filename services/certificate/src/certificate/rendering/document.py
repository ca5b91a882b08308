"""A certificate as a PDF: one page, archival (PDF/A-3b) and accessible (PDF/UA-1), the same bytes every time.

Inside it is `certificate.json`: what it attests, with hash and signature, so that the file can be verified alone.
"""

import hashlib
import io
import json
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import segno
import typst

from certificate.domain.attestation import Attestation
from certificate.models import Certificate, CertificateStatus
from certificate.rendering.words import FONTS, line

Paper = Literal["a4", "letter"]

TEMPLATE = Path(__file__).with_name("certificate.typ")
STANDARDS: list[Literal["a-3b", "ua-1"]] = ["a-3b", "ua-1"]
INK = "#1c2733"
_PAPERS: dict[Paper, str] = {"a4": "a4", "letter": "us-letter"}
_MARKS: dict[CertificateStatus, str] = {
    "active": "",
    "revoked": "Revoked",
    "expired": "Expired",
    "superseded": "Superseded",
}

_own = threading.local()


@dataclass(frozen=True)
class Drawing:
    """Everything that a PDF shows: the same drawing gives the same bytes."""

    attestation: Attestation
    record: str
    verification_url: str
    status: CertificateStatus
    paper: Paper

    @classmethod
    def of(cls, certificate: Certificate, *, status: CertificateStatus, public_url: str, paper: Paper) -> "Drawing":
        return cls(
            attestation=Attestation.of(certificate),
            record=record_of(certificate),
            verification_url=certificate.verification_url(public_url),
            status=status,
            paper=paper,
        )

    @property
    def filename(self) -> str:
        return f"{self.attestation.certificate_number}.pdf"

    def etag(self) -> str:
        """Tells drawings apart, and drawings by another release."""
        parts = (self.record, self.verification_url, self.status, self.paper, _release())
        return f'"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"'


def record_of(certificate: Certificate) -> str:
    """The JSON inside the PDF."""
    facts = Attestation.of(certificate).facts()
    record = {
        "attested": facts,
        "verification_hash": certificate.verification_hash,
        "signature": certificate.signature,
        "key_id": certificate.key_id,
    }
    return json.dumps(record, ensure_ascii=False, indent=1)


def draw_pdf(drawing: Drawing) -> bytes:
    """Takes some 10 to 100 ms of one core: not for the event loop."""
    inputs = {"data": json.dumps(_data(drawing), ensure_ascii=False)}
    moment = int(drawing.attestation.issued_at.timestamp())
    pdf = _compiler().compile(format="pdf", sys_inputs=inputs, pdf_standards=[*STANDARDS], timestamp=moment)
    assert isinstance(pdf, bytes)
    return pdf


def draw_png(drawing: Drawing, *, ppi: int = 96) -> bytes:
    """The same page as a picture."""
    inputs = {"data": json.dumps(_data(drawing), ensure_ascii=False)}
    png = _compiler().compile(format="png", sys_inputs=inputs, ppi=ppi)
    assert isinstance(png, bytes)
    return png


def _data(drawing: Drawing) -> dict[str, Any]:
    attestation = drawing.attestation
    return {
        "paper": _PAPERS[drawing.paper],
        "student_name": asdict(line(attestation.student_name)),
        "course_title": asdict(line(attestation.course_title)),
        "instructor_name": asdict(line(attestation.instructor_name)),
        "completed": asdict(line(_day(attestation.completion_date))),
        "issued": asdict(line(_day(attestation.issued_at))),
        "certificate_number": attestation.certificate_number,
        "verification_url": drawing.verification_url,
        "qr": _qr(drawing.verification_url),
        "mark": _MARKS[drawing.status],
        "record": drawing.record,
    }


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _qr(url: str) -> str:
    """A QR code as SVG; still read when an eighth of it is lost."""
    written = io.BytesIO()
    segno.make(url, error="m", micro=False).save(written, kind="svg", border=0, xmldecl=False, dark=INK)
    return written.getvalue().decode()


def _compiler() -> typst.Compiler:
    """This thread's own: a compiler is used by one at a time, and keeps fonts and template open."""
    if not hasattr(_own, "compiler"):
        _own.compiler = typst.Compiler(str(TEMPLATE), font_paths=[str(FONTS)], ignore_system_fonts=True)
    compiler: typst.Compiler = _own.compiler
    return compiler


@cache
def _release() -> str:
    parts = [TEMPLATE.read_bytes(), (FONTS / "coverage.txt").read_bytes(), version("typst").encode()]
    return hashlib.sha256(b"".join(parts)).hexdigest()
