import json
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificate.domain.attachment import LARGEST_RECORD, Record, find_record

ATTESTED = {
    "certificate_number": "CERT-5-7-20260301123015250",
    "course_id": 5,
    "course_title": "Sound Statistics",
    "user_id": 7,
    "student_name": "Zoë Ångström",
    "instructor_name": "",
    "completion_date": "2026-03-01T12:30:15Z",
    "issued_at": "2026-03-01T12:30:15Z",
    "template_version": "1",
}
RECORD = json.dumps({"attested": ATTESTED, "signature": "A" * 86}).encode()


def pdf(*streams: bytes, dictionary: bytes = b"<< /Type /EmbeddedFile /Length 9 >>", line: bytes = b"\n") -> bytes:
    objects = b"".join(b"5 0 obj\n%s\nstream%s%s\nendstream\nendobj\n" % (dictionary, line, each) for each in streams)
    return b"%PDF-1.7\n" + objects + b"%%EOF"


@pytest.mark.parametrize(
    "file",
    [
        pdf(zlib.compress(RECORD)),
        pdf(RECORD),
        pdf(zlib.compress(RECORD), line=b"\r\n"),
        pdf(b"not it", zlib.compress(b"{}"), zlib.compress(RECORD)),
        pdf(zlib.compress(RECORD), dictionary=b"<</Length 9/Filter/FlateDecode/Type/EmbeddedFile>>"),
    ],
    ids=["packed", "plain", "windows", "among others", "last in its dictionary"],
)
def test_the_record_is_found(file: bytes) -> None:
    found = find_record(file)
    assert found is not None
    assert found.attested.model_dump() == ATTESTED


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"%PDF-1.7",
        pdf(),
        pdf(RECORD, dictionary=b"<< /Type /Metadata >>"),
        pdf(zlib.compress(RECORD)[:-40]),
        pdf(zlib.compress(b"[" * 50_000)),
        pdf(zlib.compress(b" " * LARGEST_RECORD + RECORD)),
        pdf(RECORD.replace(b'"course_id": 5', b'"course_id": "x"')),
        pdf(RECORD.replace(b"CERT-5", b"\\u0000")),
        pdf(RECORD.replace(b"CERT-5", b"\\ud800")),
        pdf(RECORD.replace(b"CERT-5", b"C" * 60)),
    ],
)
def test_what_is_no_record_is_none(file: bytes) -> None:
    assert find_record(file) is None


def test_an_id_that_json_cannot_tell_was_never_signed() -> None:
    with pytest.raises(ValueError):
        Record.model_validate({"attested": ATTESTED | {"course_id": 2**60}, "signature": ""}).canonical()


@pytest.mark.parametrize(
    "file",
    [
        b"/EmbeddedFile" * 400_000,
        b"/EmbeddedFile stream\n" * 250_000,
        pdf(*[zlib.compress(b"\0" * 5_000_000)] * 900),
        b"stream\n" * 700_000,
    ],
)
def test_a_file_made_to_be_slow_is_not(file: bytes) -> None:
    started = time.process_time()
    assert find_record(file) is None
    assert time.process_time() - started < 2


@given(st.binary(max_size=500))
def test_any_bytes_do_no_harm(data: bytes) -> None:
    assert find_record(pdf(data)) is None
