"""Slugs, and names in paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.slugs import free_slug, parse_ref, parse_slug, slug_base
from shared.errors import NotFound


@given(st.text(max_size=160))
def test_the_slug_of_any_title_can_stand_in_a_path(title: str) -> None:
    slug = slug_base(title, "course")
    assert parse_ref(slug) == slug
    assert len(slug) <= 98


def test_a_long_title_is_cut_between_words() -> None:
    assert slug_base("word " * 40, "course") == "-".join(["word"] * 18)
    assert slug_base("x" * 160, "course") == "x" * 90


def test_the_first_free_number() -> None:
    assert free_slug("sql", set()) == "sql"
    assert free_slug("sql", {"sql", "sql-2", "sql-4", "sql-joins"}) == "sql-3"


def test_an_id_or_a_slug() -> None:
    assert parse_ref("12") == 12
    assert parse_ref("9223372036854775807") == 2**63 - 1
    assert parse_ref("sql-2") == "sql-2"
    assert parse_slug("12") == "12"


@pytest.mark.parametrize("ref", ["", "0", "9223372036854775808", "9" * 400, "A", "a b", "a\0", "ü", "٣", "x" * 101])
def test_neither(ref: str) -> None:
    with pytest.raises(NotFound):
        parse_ref(ref)
