"""What was typed, and what is shown of what was found."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.search import MARK, UNMARK, prefix_query, snippet, term_of, wanted_part, with_corrections, words_of


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("Machine  Learning!", ["machine", "learning"]),
        ("Überblick: C++", ["uberblick", "c"]),
        ("a_b 'x' & y:*", ["a", "b", "x", "y"]),
        ("", []),
        ("!?", []),
        ("w " * 20, ["w"] * 10),
    ],
)
def test_words(query: str, words: list[str]) -> None:
    assert words_of(query) == words


@pytest.mark.parametrize(
    ("query", "prefix"),
    [("Machine lear", "machine & lear:*"), ("  ", None), ("'); DROP", "drop:*"), ("a & !b | c:*", "a & b & c:*")],
)
def test_the_last_word_is_a_beginning(query: str, prefix: str | None) -> None:
    assert prefix_query(query) == prefix


@given(st.text(max_size=200))
def test_a_prefix_query_is_words_only(query: str) -> None:
    prefix = prefix_query(query)
    assert prefix is None or re.fullmatch(r"[^\W_]+( & [^\W_]+)*:\*", prefix)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("python -snakes", "python"), ('-"a b" well-known c', "well-known c"), ("-", "-"), ("a - b", "a - b")],
)
def test_what_is_excluded_is_not_wanted(query: str, wanted: str) -> None:
    assert wanted_part(query).strip() == wanted


def test_only_the_wrong_words_are_replaced() -> None:
    assert with_corrections("Pyhton for Data", {"pyhton": "python"}) == "python for data"


def test_terms_differ_in_more_than_case_and_spaces() -> None:
    assert term_of("  SQL   Joins ") == term_of("sql joins") == "sql joins"
    assert len(term_of("x " * 150)) <= 100


@pytest.mark.parametrize(
    ("headline", "shown"),
    [
        (f"a {MARK}key{UNMARK} is", "a <mark>key</mark> is"),
        (f"R&amp;D &lt;b&gt; {MARK}x{UNMARK}", "R&amp;D &lt;b&gt; <mark>x</mark>"),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("&lt;img src=x onerror=y&gt;", "&lt;img src=x onerror=y&gt;"),
        ("&#xe000;a", "\ue000a"),
        ("two\n\n lines", "two lines"),
    ],
)
def test_snippets_are_safe(headline: str, shown: str) -> None:
    assert snippet(headline) == shown


@given(st.text(max_size=100))
def test_snippets_have_no_mark_up_but_marks(text: str) -> None:
    assert "<" not in snippet(text).replace("<mark>", "").replace("</mark>", "")
