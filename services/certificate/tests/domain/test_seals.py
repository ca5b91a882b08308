from hypothesis import given
from hypothesis import strategies as st

from certificate.domain.seals import find_seal, seal
from certificate.domain.signing import SigningKey

KEY = SigningKey.generate()
PLAIN = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n40\n%%EOF\n"
SEALED = seal(PLAIN, KEY)


def holds(pdf: bytes) -> bool:
    found = find_seal(pdf)
    return found is not None and found.kid == KEY.kid and KEY.public.verify(found.data, found.signature)


def test_is_one_line_that_moves_nothing() -> None:
    before, line, after = SEALED.partition(b"%SyllabusSeal ")
    assert PLAIN.startswith(before)
    assert before + after.partition(b"\n")[2] == PLAIN
    assert line
    assert holds(SEALED)


def test_there_is_none_in_a_plain_file() -> None:
    assert find_seal(PLAIN) is None
    assert find_seal(b"") is None


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_any_byte_changed_breaks_it(at: int, flipped: int) -> None:
    bad = bytearray(SEALED)
    bad[at] ^= flipped
    assert not holds(bytes(bad))


@given(st.integers(0, len(SEALED)), st.binary(min_size=1, max_size=3))
def test_anything_put_in_breaks_it(at: int, more: bytes) -> None:
    assert not holds(SEALED[:at] + more + SEALED[at:])


@given(st.integers(0, len(SEALED) - 1))
def test_anything_left_out_breaks_it(at: int) -> None:
    assert not holds(SEALED[:at] + SEALED[at + 1 :])


def test_a_second_one_does_not_make_up_for_a_broken_first() -> None:
    assert not holds(seal(SEALED.replace(b"40", b"41"), SigningKey.generate()))


def test_is_no_signature_of_what_certificates_attest() -> None:
    """A record is JSON; what a seal signs begins with its purpose."""
    found = find_seal(SEALED)
    assert found is not None
    assert found.data.startswith(b"syllabus-pdf\0")
