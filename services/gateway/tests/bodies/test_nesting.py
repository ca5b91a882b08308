import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.bodies.nesting import DEEPEST, Nesting, NotUtf8, TooDeep


async def is_too_deep(text: bytes, cuts: list[int] | None = None) -> bool:
    nesting, places = Nesting(), [0, *sorted(cuts or ()), len(text)]
    try:
        for start, end in pairwise(places):
            await nesting.feed(text[start:end])
    except TooDeep:
        return True
    return False


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth // 2) + b"[" * (depth - depth // 2) + b"]" * (depth - depth // 2) + b"}" * (depth // 2)


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max((depth_of(each) for each in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((depth_of(each) for each in value), default=0)
    return 0


class TestLimit:
    @pytest.mark.parametrize(
        ("text", "too_deep"),
        [
            (nested(DEEPEST), False),
            (nested(DEEPEST + 1), True),
            (b"[" * 1_000_000, True),
            (b"[[]]," * 10_000, False),
            (b'["' + b"[" * 1000 + b'"]', False),
            (b'["\\"' + b"[" * 1000 + b'"]', False),
            (b'["\\\\"' + b"[" * 1000, True),
            (b'"' + b"\\" * 1001 + b'"' + b"[" * 1000, False),
            (b'"' + b"\\" * 1000 + b'"' + b"[" * 1000, True),
            (b'["' + b'\\"' * 100_000, False),
            (b'"\\"' * 100_000, False),
            ("ä€😀".encode() * 1000, False),
            (b"]" * 1000 + nested(DEEPEST), False),
            (b"", False),
        ],
    )
    async def test_by_the_brackets_outside_of_strings(self, text: bytes, too_deep: bool) -> None:
        assert await is_too_deep(text) is too_deep
        assert await is_too_deep(text, list(range(1, min(len(text), 3000)))) is too_deep

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be"])
    async def test_other_encodings_are_refused(self, encoding: str) -> None:
        with pytest.raises(NotUtf8):
            await Nesting().feed('{"a": 1}'.encode(encoding))

    @given(
        st.recursive(
            st.text(alphabet='a"\\[]{}ä\n') | st.none(),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
        ),
        st.integers(0, DEEPEST + 4),
        st.data(),
    )
    @settings(max_examples=150, deadline=None)
    async def test_wherever_it_is_cut(self, value: Any, wrapped: int, data: st.DataObject) -> None:
        for _ in range(wrapped):
            value = [value]
        text = json.dumps(value, ensure_ascii=False).encode()
        cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
        assert await is_too_deep(text, cuts) is (depth_of(value) > DEEPEST)
