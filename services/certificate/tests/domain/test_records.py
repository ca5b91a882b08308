import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certificate.domain.records import MOST_LINES, Record, add_record, find_record

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
RECORD = json.dumps({"attested": ATTESTED, "signature": "A" * 86}, separators=(",", ":"))
PLAIN = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n40\n%%EOF\n"
FILE = add_record(PLAIN, RECORD)
LINE = b"%SyllabusRecord "


def carrying(record: str) -> bytes:
    return add_record(PLAIN, record)


def test_the_record_is_found() -> None:
    found = find_record(FILE)
    assert found is not None
    assert found.attested.model_dump() == ATTESTED


def test_is_of_short_lines_that_move_nothing() -> None:
    before, after = FILE[: FILE.index(LINE)], FILE[FILE.index(b"startxref") :]
    assert before + after == PLAIN
    lines = FILE[len(before) : -len(after)].splitlines()
    assert len(lines) > 2
    assert all(line.startswith(LINE) and len(line) <= 136 for line in lines)


def test_is_still_found_when_a_reader_has_added_to_the_file() -> None:
    assert find_record(FILE + b"2 0 obj\n<<>>\nendobj\nstartxref\n900\n%%EOF\n") == find_record(FILE)


@given(st.integers(FILE.index(LINE), FILE.index(b"startxref") - 1), st.integers(1, 255))
def test_a_byte_changed_in_its_lines_changes_it_or_leaves_none(at: int, flipped: int) -> None:
    bad = bytearray(FILE)
    bad[at] ^= flipped
    assert find_record(bytes(bad)) != find_record(FILE)


@given(st.integers(FILE.index(LINE), FILE.index(b"startxref") - 2))
def test_one_cut_off_is_none(at: int) -> None:
    assert find_record(FILE[:at] + b"\nstartxref\n40\n%%EOF\n") is None


@pytest.mark.parametrize(
    "file",
    [
        b"",
        PLAIN,
        carrying(""),
        carrying("{}"),
        carrying("[" * 40_000),
        add_record(FILE, RECORD),
        FILE + FILE,
        carrying(RECORD + " " * 120 * MOST_LINES),
        carrying(RECORD.replace('"course_id":5', '"course_id":"x"')),
        carrying(RECORD.replace("CERT-5", "\\u0000")),
        carrying(RECORD.replace("CERT-5", "\\ud800")),
        carrying(RECORD.replace("CERT-5", "C" * 60)),
        PLAIN.replace(b"startxref", LINE + base64.urlsafe_b64encode(b"\xff\xfe") + b"\nstartxref"),
        FILE.replace(LINE, LINE + b"="),
        FILE.replace(LINE, b" " + LINE),
    ],
)
def test_what_is_no_record_is_none(file: bytes) -> None:
    assert find_record(file) is None


def test_an_id_that_json_cannot_tell_was_never_signed() -> None:
    with pytest.raises(ValueError):
        Record.model_validate({"attested": ATTESTED | {"course_id": 2**60}, "signature": ""}).canonical()


@pytest.mark.parametrize("piece", [LINE, LINE + b"A\n", b"\n" + LINE + b"A" * 120, b"\n", b"startxref\n"])
def test_a_file_made_to_be_slow_is_not(piece: bytes) -> None:
    file = piece * (5_000_000 // len(piece))
    started = time.process_time()
    assert find_record(file) is None
    assert time.process_time() - started < 2


@given(st.binary(max_size=500))
def test_any_bytes_do_no_harm(data: bytes) -> None:
    assert find_record(PLAIN.replace(b"startxref", LINE + data + b"\nstartxref")) is None
