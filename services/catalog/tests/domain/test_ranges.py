"""Which part of a file is asked for: RFC 9110's cases, and any header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.ranges import NotSatisfiable, Part, part_of, same_file

SIZE = 1000
WHOLE = None
PARTS = [
    (None, WHOLE),
    ("", WHOLE),
    ("bytes=0-0", Part(0, 1)),
    ("bytes=0-499", Part(0, 500)),
    ("bytes=500-", Part(500, 500)),
    ("bytes=0-", Part(0, 1000)),
    ("bytes=999-", Part(999, 1)),
    ("bytes=999-999", Part(999, 1)),
    ("bytes=990-2000", Part(990, 10)),
    ("bytes=0-999999999999999999", Part(0, 1000)),
    ("bytes=-1", Part(999, 1)),
    ("bytes=-1000", Part(0, 1000)),
    ("bytes=-5000", Part(0, 1000)),
    ("Bytes= 10-19 ", Part(10, 10)),
    ("bytes=007-008", Part(7, 2)),
    ("bytes=-", WHOLE),
    ("bytes=", WHOLE),
    ("bytes=20-10", WHOLE),
    ("bytes=2000-1999", WHOLE),
    ("bytes=0-1,5-6", WHOLE),
    ("bytes=a-b", WHOLE),
    ("bytes=--1", WHOLE),
    ("bytes=1.0-2", WHOLE),
    ("bytes 0-1", WHOLE),
    ("lines=0-1", WHOLE),
    ("bytes=0-" + "9" * 19, WHOLE),
    ("bytes=" + "9" * 5000 + "-", WHOLE),
]


@pytest.mark.parametrize(("header", "part"), PARTS)
def test_parts(header: str | None, part: Part | None) -> None:
    assert part_of(header, SIZE) == part


@pytest.mark.parametrize(("header", "size"), [("bytes=1000-", 1000), ("bytes=1000-1001", 1000), ("bytes=-0", 1000)])
def test_what_begins_behind_the_end(header: str, size: int) -> None:
    with pytest.raises(NotSatisfiable):
        part_of(header, size)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0"])
def test_an_empty_file_has_no_parts(header: str) -> None:
    with pytest.raises(NotSatisfiable):
        part_of(header, 0)


@given(
    st.one_of(st.text(max_size=40), st.from_regex(r"bytes=\d{0,20}-\d{0,20}", fullmatch=True)),
    st.integers(0, 10**12),
)
def test_a_part_is_always_inside_the_file(header: str, size: int) -> None:
    try:
        part = part_of(header, size)
    except NotSatisfiable:
        return
    assert part is None or (part.start >= 0 and part.size > 0 and part.start + part.size <= size)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**6))
def test_first_and_last_mean_what_slices_mean(first: int, last: int, size: int) -> None:
    content = range(size)
    wanted = content[first : last + 1]
    try:
        part = part_of(f"bytes={first}-{last}", size)
    except NotSatisfiable:
        assert first >= size
        return
    if part is None:
        assert last < first
    else:
        assert content[part.start : part.start + part.size] == wanted


@pytest.mark.parametrize(
    ("if_range", "same"),
    [
        (None, True),
        ('"abc"', True),
        (' "abc" ', True),
        ('"abd"', False),
        ('W/"abc"', False),
        ("abc", False),
        ("Wed, 21 Oct 2015 07:28:00 GMT", False),
        ("", False),
    ],
)
def test_only_the_same_file_goes_on(if_range: str | None, same: bool) -> None:
    assert same_file(if_range, '"abc"') is same
