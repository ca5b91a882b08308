"""Numbers and titles of versions."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.versions import LONGEST_TITLE, next_version, versioned_title


@pytest.mark.parametrize(
    ("highest", "following"), [("1.0", "1.1"), ("1.8", "1.9"), ("1.9", "2.0"), ("2.0", "2.1"), ("99.9", "100.0")]
)
def test_numbers_go_up_by_a_tenth(highest: str, following: str) -> None:
    assert str(next_version(Decimal(highest))) == following


@pytest.mark.parametrize(
    ("title", "versioned"),
    [
        ("Databases", "Databases (v1.3)"),
        ("Databases (v1.2)", "Databases (v1.3)"),
        ("Databases (v1.2) (v1.2)", "Databases (v1.2) (v1.3)"),
        ("Databases (2nd)", "Databases (2nd) (v1.3)"),
        ("x" * 160, "x" * 153 + " (v1.3)"),
        ("x" * 152 + " yy", "x" * 152 + " (v1.3)"),
    ],
)
def test_titles_carry_the_number_once(title: str, versioned: str) -> None:
    assert versioned_title(title, Decimal("1.3")) == versioned


@given(st.text(min_size=3, max_size=160), st.integers(10, 99_999))
def test_titles_fit_and_end_with_the_number(title: str, tenths: int) -> None:
    versioned = versioned_title(title, Decimal(tenths) / 10)
    assert len(versioned) <= LONGEST_TITLE
    assert versioned.endswith(f"(v{Decimal(tenths) / 10})")
