import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.domain.texts import BadPattern, compile_pattern, has_keyword, is_match
from assessment.schemas.configs import Match


class TestIsMatch:
    @pytest.mark.parametrize(
        ("match", "accepted", "text", "case_sensitive", "matches"),
        [
            ("exact", "Paris", " paris ", False, True),
            ("exact", "Paris", "paris", True, False),
            ("exact", "Paris", "Paris!", False, False),
            ("exact", "caf\u00e9", "cafe\u0301", True, True),  # composed and decomposed
            ("exact", "Straße", "STRASSE", False, True),
            ("exact", "a*", "ab", False, False),
            ("wildcard", "colo*r", "COLOUR", False, True),
            ("wildcard", "colo*r", "color", True, True),
            ("wildcard", "colo*r", "colors", True, False),
            ("wildcard", "b?t", "bat", True, True),
            ("wildcard", "b?t", "bt", True, False),
            ("wildcard", r"2\*3", "2*3", True, True),
            ("wildcard", r"2\*3", "2xx3", True, False),
            ("wildcard", "1.5", "1x5", True, False),
            ("regex", r"colou?r", "Color", False, True),
            ("regex", r"colou?r", "a color", False, False),  # the whole answer
            ("regex", r"a|b", "ab", False, False),
            ("regex", r"\d{4}", "1984", True, True),
        ],
    )
    def test_examples(self, match: Match, accepted: str, text: str, case_sensitive: bool, matches: bool) -> None:
        assert is_match(text, accepted, match, case_sensitive=case_sensitive) is matches

    @given(st.text(max_size=30))
    def test_a_wildcard_without_wildcards_is_exact(self, text: str) -> None:
        text = text.replace("*", "").replace("?", "").replace("\\", "").strip()
        if text:
            assert is_match(text, text, "wildcard", case_sensitive=True)


@pytest.mark.parametrize(
    "pattern", ["(", "[a", r"(?=a)b", r"(a)\1", r"(\pL{500})", "a{2000}", "((a?){300}){3}a{300}", "*"]
)
def test_what_cannot_be_run_safely_is_no_pattern(pattern: str) -> None:
    with pytest.raises(BadPattern):
        compile_pattern(pattern, "regex", case_sensitive=False)


class TestKeywords:
    @pytest.mark.parametrize(
        ("text", "keyword", "case_sensitive", "found"),
        [
            ("The art of it", "art", False, True),
            ("Start here", "art", False, False),
            ("start art", "art", False, True),
            ("ART", "art", False, True),
            ("ART", "art", True, False),
            ("a  supply\nchain", "supply chain", False, True),
            ("(photosynthesis).", "photosynthesis", False, True),
            ("C++ and C", "C++", True, True),
            ("", "x", False, False),
            ("植物需要光和水", "光", False, True),
            ("水をください", "水", False, True),
            ("स्वास्थ्य", "स्वा", False, False),  # a mark goes on with the word
            ("cafe\u0301s", "cafe", False, False),
            ("東京tower", "tower", False, True),
        ],
    )
    def test_stand_as_words_of_their_own(self, text: str, keyword: str, case_sensitive: bool, found: bool) -> None:
        assert has_keyword(text, keyword, case_sensitive=case_sensitive) is found
