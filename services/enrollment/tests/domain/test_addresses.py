"""Reading addresses from what spreadsheets write."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from enrollment.domain.addresses import MOST_ADDRESSES, decode, is_address, read_addresses
from shared.errors import Invalid

TWO = ["a@example.com", "b@example.com"]


class TestRead:
    @pytest.mark.parametrize(
        "text",
        [
            "a@example.com\nb@example.com",
            "a@example.com\r\nb@example.com\r\n\r\n",
            "\ufeffemail\na@example.com\nb@example.com\n",
            "Name;E-Mail\nAda;a@example.com\nBob;b@example.com",
            'name,email\n"Learner, Ada",a@example.com\n"Bob ""B""",b@example.com',
            "email\tname\nb@example.com\tBob\na@example.com\tAda",
            "A@Example.com\n a@example.com \nb@example.com\nB@EXAMPLE.COM",
        ],
    )
    def test_any_table_gives_each_address_once(self, text: str) -> None:
        assert read_addresses(text) == TWO

    @pytest.mark.parametrize(
        "text", ["", "\n\n", "email\n", "a\0@example.com", "x" * 255, '"' + "x" * 200_000 + '"', "\ud800"]
    )
    def test_what_has_none_or_cannot_be_kept_is_refused(self, text: str) -> None:
        with pytest.raises(Invalid):
            read_addresses(text)

    def test_they_are_bounded(self) -> None:
        many = [f"u{number}@example.com" for number in range(MOST_ADDRESSES + 1)]
        assert len(read_addresses("\n".join(many[1:]))) == MOST_ADDRESSES
        with pytest.raises(Invalid, match="10000"):
            read_addresses("\n".join(many))

    @given(some.text(max_size=200))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        try:
            found = read_addresses(text)
        except Invalid:
            return
        assert found == sorted(set(found))


class TestDecode:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_what_spreadsheets_save(self, encoding: str) -> None:
        assert read_addresses(decode("email\na@example.com\nb@example.com".encode(encoding))) == TWO

    @pytest.mark.parametrize("sent", ["Zoë@example.com".encode("latin-1"), b"\xff\xfea", b"\x89PNG\r\n\x1a\n\0"])
    def test_other_bytes_are_refused(self, sent: bytes) -> None:
        with pytest.raises(Invalid):
            read_addresses(decode(sent))


class TestAddress:
    @pytest.mark.parametrize(
        ("value", "is_one"),
        [
            ("a@example.com", True), ("ada.learner+x@sub.example.co.uk", True), ("zoë@exämple.org", True),
            ("", False), ("a", False), ("a@b", False), ("@example.com", False), ("a@@example.com", False),
            ("=HYPERLINK(1)@example.com", False), ("+1@example.com", False), ("-a@example.com", False),
            ("a b@example.com", False), ("a@example.com,b@example.com", False), ("x" * 250 + "@e.com", False),
        ],
    )  # fmt: skip
    def test_no_formula_is_one(self, value: str, is_one: bool) -> None:
        assert is_address(value) is is_one
