import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from certificate.domain.attestation import Attestation
from certificate.domain.design import Design, changed
from certificate.rendering.document import Drawing, Look, about_course, draw_pdf, draw_png
from certificate.rendering.images import read_image
from certificate.rendering.renderer import Renderer
from certificate.rendering.words import BREAK, UNKNOWN, line
from certificate.schemas import Paper
from shared.errors import ServiceUnavailable

MOMENT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
DRAWING = Drawing(
    Attestation(
        "CERT-5-7-20260301123015250", 5, "Sound Statistics", 7, "Zoë Ångström", "Ivo Lead", MOMENT, MOMENT, "1"
    ),
    record="{}",
    verification_url="https://learn.example/verify/CERT-5-7-20260301123015250",
    mark="",
    paper="a4",
)


def of(student: str, title: str = "Sound Statistics", instructor: str = "Ivo Lead") -> Drawing:
    attestation = replace(DRAWING.attestation, student_name=student, course_title=title, instructor_name=instructor)
    return replace(DRAWING, attestation=attestation, level="beginner", duration_minutes=90)


class TestLine:
    @pytest.mark.parametrize(
        ("typed", "drawn", "rtl"),
        [
            ("Zoë Ångström", "Zoë Ångström", False),
            ("Zoe\u0308", "Zoë", False),
            ("  two\n lines\t", "two lines", False),
            ("عبد الرحمن", "عبد الرحمن", True),
            ("אברהם Smith", "אברהם Smith", True),
            ("1. עברית", "1. עברית", True),
            ("王小明 龑", "王小明 龑", False),
            ("क्षत्रिय", "क्षत्रिय", False),
            ("Ada 🎓", "Ada", False),
            ("\u202eada", "ada", False),
            ("a\0b", "ab", False),
            ("\U00020000", UNKNOWN, False),
            ("\u200d", "", False),
            ("W" * 30, "W" * 24 + BREAK + "W" * 6, False),
        ],
    )
    def test_draws_what_the_fonts_have(self, typed: str, drawn: str, rtl: bool) -> None:
        assert (line(typed).text, line(typed).rtl) == (drawn, rtl)


class TestDraw:
    @pytest.mark.parametrize(
        ("student", "title", "instructor"),
        [
            ("عبد الرحمن بن محمد", "مقدمة في علم الإحصاء", "د. فاطمة"),
            ("欧阳龑娜", "統計学入門", "김민수"),
            ("श्रीमती कृष्णा क्षत्रिय", "সাংখ্যিকী", "தமிழ்ச்செல்வி"),
            ("W" * 300, "学" * 255, "M" * 300),
            ("Wolfeschlegelsteinhausenbergerdorff " * 8, "word " * 50, ""),
            ('#panic("x") \\ $ <a> *b*', '"; #import', "@ref"),
        ],
        ids=["arabic", "chinese", "indic", "unbroken", "long", "markup"],
    )
    def test_every_script_and_length_makes_one_archival_page(self, student: str, title: str, instructor: str) -> None:
        pdf = draw_pdf(of(student, title, instructor))
        assert pdf == draw_pdf(of(student, title, instructor))
        assert b"/Type/Pages/Count 1/" in pdf

    @settings(max_examples=25, deadline=None)
    @given(st.text(max_size=300))
    def test_whatever_was_typed_can_be_drawn(self, typed: str) -> None:
        assert draw_pdf(of(typed, typed, typed)).startswith(b"%PDF")

    @pytest.mark.parametrize(
        ("level", "minutes", "language", "drawn"),
        [
            ("beginner", 90, "en", "Beginner · 1.5 hours"),
            ("all_levels", 60, "en", "All levels · 1 hour"),
            ("advanced", None, "en", "Advanced"),
            ("", 45, "en", "45 minutes"),
            ("unheard_of", 0, "en", ""),
            ("beginner", 2430, "de", "Beginner · 40 Stunden"),
            ("", 90, "zh", "1.5小时"),
            ("", 90, "yi", "1.5 h"),
        ],
    )
    def test_tells_level_and_duration(self, level: str, minutes: int | None, language: str, drawn: str) -> None:
        look = Look(changed(Design(), {"language": language}))
        drawing = replace(DRAWING, level=level, duration_minutes=minutes, look=look)
        assert about_course(drawing) == drawn
        assert (draw_png(drawing) == draw_png(replace(DRAWING, look=look))) is (drawn == "")

    def test_the_name_shows(self) -> None:
        assert draw_png(of("Ada")) != draw_png(of("Bea"))

    async def test_an_endless_queue_is_refused(self) -> None:
        renderer = Renderer(at_once=1, most_waiting=-1)
        with pytest.raises(ServiceUnavailable):
            await renderer.pdf(DRAWING)
        renderer.close()


PICTURE = read_image(
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89"
    b"\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82"
)


class TestTemplates:
    @pytest.mark.parametrize("layout", ["classic", "modern", "minimal"])
    @pytest.mark.parametrize("language", ["en", "ar", "hi", "zh"])
    def test_each_is_archival_and_accessible(self, layout: str, language: str) -> None:
        """What PDF/A and PDF/UA ask for stands in the file; typst itself refuses to write what breaks them."""
        design = changed(Design(), {"layout": layout, "language": language, "wording": {"signatory": "Ada"}})
        pdf = draw_pdf(replace(DRAWING, look=Look(design, PICTURE, PICTURE)))
        for mark in (
            b"/OutputIntents",
            b"/GTS_PDFA1",
            b"pdfaid:part>2<",
            b"pdfaid:conformance>B<",
            b"pdfuaid:part>1<",
            b"/StructTreeRoot",
            b"/MarkInfo",
            b"/Marked true",
            b"/DisplayDocTitle true",
            b"/Lang(" + language.encode(),
            b"/Alt",
            b"<dc:title>",
        ):
            assert mark in pdf, mark
        for mark in (b"/Encrypt", b"/JavaScript", b"/Launch", b"/OpenAction", b"/EmbeddedFile"):
            assert mark not in pdf, mark
        fonts = pdf.count(b"/Type/FontDescriptor")
        assert 0 < fonts == pdf.count(b"/FontFile")
        assert b"/Type/Pages/Count 1/" in pdf


def codes_on(drawing: Drawing) -> list[str]:
    """What a camera would read off the page, held as it is printed."""
    with Image.open(io.BytesIO(draw_png(drawing, ppi=150))) as page:
        return [code.text for code in zxingcpp.read_barcodes(page.convert("RGB"))]


class TestQrCode:
    @pytest.mark.parametrize("paper", ["a4", "letter"])
    @pytest.mark.parametrize(
        "address",
        ["https://learn.example", f"https://{'long-name-of-a-faculty.' * 6}university.example/online/courses"],
        ids=["short", "long"],
    )
    def test_reads_as_the_address_of_the_verification_page(self, paper: Paper, address: str) -> None:
        url = f"{address}/verify/{DRAWING.attestation.certificate_number}"
        assert codes_on(replace(DRAWING, paper=paper, verification_url=url)) == [url]

    @pytest.mark.parametrize("layout", ["classic", "modern", "minimal"])
    @pytest.mark.parametrize(("paper", "ink"), [("#ffffff", "#1b2733"), ("#10151c", "#f4f1ea")])
    def test_reads_in_each_layout_dark_paper_too(self, layout: str, paper: str, ink: str) -> None:
        colours = {"paper": paper, "ink": ink, "accent": "#8a6d1f" if paper == "#ffffff" else "#d9b44a"}
        look = Look(changed(Design(), {"layout": layout, "colours": colours}))
        assert codes_on(replace(DRAWING, look=look)) == [DRAWING.verification_url]
