"""XML from strangers."""

import pytest

from catalog.archive.refusal import Refused
from catalog.archive.xml import parse

BOMB = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>'


class TestParse:
    def test_elements_text_and_attributes_are_read(self) -> None:
        root = parse('<?xml version="1.0"?><a b="1">é<c/>tail &amp; more</a>'.encode(), "a.xml")
        assert (root.tag, root.get("b"), root.text, root[0].tail) == ("a", "1", "é", "tail & more")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (BOMB.encode(), "entities"),
            (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "entities"),
            (b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://169.254.169.254/">]><a>&x;</a>', "entities"),
            (b'<!DOCTYPE a [<!ENTITY % p SYSTEM "x"> %p;]><a/>', "entities"),
            (b"<a>&nbsp;</a>", "undefined entity"),
            (b"<a><b></a>", "line 1"),
            (b"", "no element"),
            (b"<a/><b/>", "junk"),
            (b"<a>" * 101 + b"</a>" * 101, "100 deep"),
            (b"<a>" + b"<b/>" * 100_000 + b"</a>", "100000 elements"),
            (b"<a>\xff</a>", "UTF-8"),
            ("<a/>".encode("utf-16"), "UTF-8"),
            (b"<a>\x00</a>", "sound XML"),
        ],
    )
    def test_what_is_not_sound_or_could_expand_is_refused(self, content: bytes, words: str) -> None:
        with pytest.raises(Refused, match=words) as refused:
            parse(content, "some.xml")
        assert refused.value.place == "some.xml"
