"""Which word was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.spelling import closest, correctable, slips

WORDS = st.text("abc", max_size=8)


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("pyhton", ["pylon", "python"], "python"),
        ("pythn", ["python"], "python"),
        ("pythoon", ["python"], "python"),
        ("databse", ["database", "data"], "database"),
        ("progr", ["prog", "programming"], "programming"),
        ("java", ["kava", "lava"], "kava"),
        ("jova", ["kiwi", "lama"], None),
        ("statistcis", ["statistics"], "statistics"),
        ("quantum", ["python", "database"], None),
        ("word", [], None),
    ],
)
def test_the_closest_is_meant(word: str, known: list[str], meant: str | None) -> None:
    assert closest(word, known) == meant


@pytest.mark.parametrize(
    ("words", "tried"),
    [
        (["sql"], []),
        (["pyhton", "pyhton", "2024", "x" * 21], ["pyhton"]),
        (["aaaa", "bbbb", "cccc", "dddd"], ["aaaa", "bbbb", "cccc"]),
    ],
)
def test_only_some_words_are_tried(words: list[str], tried: list[str]) -> None:
    assert correctable(words) == tried


@given(WORDS, WORDS)
def test_slips_are_the_same_both_ways_and_none_for_the_same_word(one: str, other: str) -> None:
    assert min(slips(one, other, 3), 4) == min(slips(other, one, 3), 4)
    assert (slips(one, other, 3) == 0) == (one == other)


@given(WORDS, WORDS)
def test_a_narrower_limit_only_cuts(one: str, other: str) -> None:
    exact = slips(one, other, 8)
    assert slips(one, other, 2) == exact if exact <= 2 else slips(one, other, 2) > 2
