"""A certificate as a PDF: one page, archival (PDF/A-2b) and accessible (PDF/UA-1), the same bytes every time.

What is given out carries what it attests, with hash and signature, so that the file can be verified alone.
"""

import base64
import hashlib
import io
import json
import threading
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import segno
import typst
from babel.dates import format_date
from babel.numbers import format_decimal
from babel.units import format_unit

from certificate.domain.attestation import Attestation
from certificate.domain.design import LEVELS, Colours, Design, Wording, is_dark, softened
from certificate.domain.records import add_record
from certificate.domain.seals import seal
from certificate.domain.signing import SigningKey
from certificate.models import Certificate, CertificateStatus
from certificate.rendering.images import Image
from certificate.rendering.words import FONTS, line
from certificate.schemas import Paper

TEMPLATE = Path(__file__).with_name("certificate.typ")
STANDARDS: list[Literal["a-2b", "ua-1"]] = ["a-2b", "ua-1"]
_PAPERS: dict[Paper, str] = {"a4": "a4", "letter": "us-letter"}
_MARKS: dict[CertificateStatus, str] = {
    "active": "",
    "revoked": "Revoked",
    "expired": "Expired",
    "superseded": "Superseded",
}
_SYMBOLS = {"minute": "min", "hour": "h"}

_own = threading.local()


@dataclass(frozen=True)
class Look:
    """A version of a template: its design and its images."""

    design: Design = field(default_factory=Design)
    logo: Image | None = None
    signature: Image | None = None


@dataclass(frozen=True)
class Drawing:
    """Everything that a PDF shows and carries: the same drawing gives the same bytes."""

    attestation: Attestation
    record: str
    verification_url: str
    mark: str
    """Written across the page."""
    paper: Paper
    look: Look = field(default_factory=Look)
    level: str = ""
    duration_minutes: int | None = None
    """Level and duration of the course on the day of issue."""

    @classmethod
    def of(
        cls, certificate: Certificate, look: Look, *, status: CertificateStatus, public_url: str, paper: Paper
    ) -> "Drawing":
        return cls(
            attestation=Attestation.of(certificate),
            record=record_of(certificate),
            verification_url=certificate.verification_url(public_url),
            mark=_MARKS[status],
            paper=paper,
            look=look,
            level=certificate.course_level,
            duration_minutes=certificate.course_duration_minutes,
        )

    @property
    def filename(self) -> str:
        return f"{self.attestation.certificate_number}.pdf"

    def etag(self, kid: str) -> str:
        """Tells files apart: drawings, those by another release, and by which key they are sealed. The look follows
        from the record: its version is attested, and versions never change.
        """
        parts = (self.record, self.verification_url, self.mark, self.paper, kid, _release())
        return f'"{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"'


def record_of(certificate: Certificate) -> str:
    """The JSON that the PDF carries."""
    facts = Attestation.of(certificate).facts()
    record = {
        "attested": facts,
        "verification_hash": certificate.verification_hash,
        "signature": certificate.signature,
        "key_id": certificate.key_id,
    }
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def draw_pdf(drawing: Drawing) -> bytes:
    """The page alone. Takes some 10 to 100 ms of one core: not for the event loop."""
    inputs = {"data": json.dumps(_data(drawing), ensure_ascii=False)}
    moment = int(drawing.attestation.issued_at.timestamp())
    pdf = _compiler().compile(format="pdf", sys_inputs=inputs, pdf_standards=[*STANDARDS], timestamp=moment)
    assert isinstance(pdf, bytes)
    return pdf


def draw_sealed(drawing: Drawing, key: SigningKey) -> bytes:
    """The PDF as it is given out, with its record: from then on no byte of it can be changed unseen."""
    return seal(add_record(draw_pdf(drawing), drawing.record), key)


def draw_png(drawing: Drawing, *, ppi: int = 96) -> bytes:
    """The same page as a picture."""
    inputs = {"data": json.dumps(_data(drawing), ensure_ascii=False)}
    png = _compiler().compile(format="png", sys_inputs=inputs, ppi=ppi)
    assert isinstance(png, bytes)
    return png


def _data(drawing: Drawing) -> dict[str, Any]:
    attestation, design = drawing.attestation, drawing.look.design
    words = design.wording
    colours = design.colours
    return {
        "paper": _PAPERS[drawing.paper],
        "language": design.language,
        "layout": design.layout,
        "words": _words(words),
        "colours": {**colours.model_dump(), "soft": softened(colours.ink, colours.paper)},
        "logo": _picture(drawing.look.logo),
        "signature": _picture(drawing.look.signature),
        "signature_alt": f"Signature of {words.signatory or attestation.instructor_name or words.organisation}",
        "student_name": asdict(line(attestation.student_name)),
        "course_title": asdict(line(attestation.course_title)),
        "about_course": asdict(line(about_course(drawing))),
        "instructor_name": asdict(line(attestation.instructor_name)),
        "completed": asdict(line(_day(attestation.completion_date, design.language))),
        "issued": asdict(line(_day(attestation.issued_at, design.language))),
        "certificate_number": attestation.certificate_number,
        "verification_url": drawing.verification_url,
        "qr": _qr(drawing.verification_url, colours),
        "mark": drawing.mark,
    }


def _words(wording: Wording) -> dict[str, dict[str, Any]]:
    """As they can be drawn. A heading and an organisation there must be: a PDF is not accessible without."""
    lines = {name: line(phrase) for name, phrase in wording.model_dump().items()}
    for name in ("heading", "organisation"):
        if not lines[name].text:
            lines[name] = line(Wording.model_fields[name].default)
    return {name: asdict(each) for name, each in lines.items()}


def about_course(drawing: Drawing) -> str:
    """Its level and duration, as far as they are known: `Beginner · 1.5 hours`."""
    design = drawing.look.design
    level = getattr(design.wording, drawing.level, "") if drawing.level in LEVELS else ""
    return " · ".join(filter(None, (level, _duration(drawing.duration_minutes or 0, design.language))))


def _duration(minutes: int, language: str) -> str:
    if minutes <= 0:
        return ""
    if minutes < 60:
        return _measured(minutes, "minute", language)
    return _measured(round(minutes / 60, 1) if minutes < 600 else round(minutes / 60), "hour", language)


def _measured(number: float, unit: str, language: str) -> str:
    """In words if the language's are known, else shortened, else by the symbol."""
    for length in ("long", "short", "narrow"):
        told = format_unit(number, f"duration-{unit}", length=length, locale=language)
        if "duration-" not in told:
            return told
    return f"{format_decimal(number, locale=language)} {_SYMBOLS[unit]}"


def _day(moment: datetime, language: str) -> str:
    return format_date(moment, "d MMMM y" if language == "en" else "long", locale=language)


def _picture(image: Image | None) -> dict[str, str | float] | None:
    """As an SVG, since typst takes text; and how much wider than high."""
    if image is None:
        return None
    width, height = image.size
    data = base64.b64encode(image.png).decode()
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{data}"/></svg>'
    )
    return {"svg": svg, "ratio": width / height}


def _qr(url: str, colours: Colours) -> str:
    """A QR code as SVG; still read when an eighth of it is lost. Dark on light on any paper: not all cameras read the
    reverse.
    """
    written = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    if is_dark(colours.paper):
        code.save(written, kind="svg", border=2, xmldecl=False, dark=colours.paper, light=colours.ink)
    else:
        code.save(written, kind="svg", border=0, xmldecl=False, dark=colours.ink)
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
