"""How deep JSON is nested, told while it passes. What is not JSON otherwise is the service's to refuse."""

import asyncio
import re

from shared.errors import Refusal

DEEPEST = 64
_AT_ONCE = 16 * 1024
"""So many bytes take a millisecond at worst; then others have their turn on the event loop."""

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ALL_ALIKE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPENING = ord("[")


class NotUtf8(Refusal):
    code = "MALFORMED_REQUEST"
    message = "JSON must be UTF-8, without NUL characters."


class TooDeep(Refusal):
    code = "MALFORMED_REQUEST"
    message = f"JSON may be nested {DEEPEST} levels deep at most."


class Nesting:
    """Follows a JSON text piece by piece; keeps nothing of it but the depth, and an escape cut in two."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_string = False
        self._held = b""

    async def feed(self, piece: bytes) -> None:
        """Raises TooDeep; NotUtf8 for what other readers might take for UTF-16, whose quotes stand elsewhere."""
        for start in range(0, len(piece), _AT_ONCE):
            if start:
                await asyncio.sleep(0)
            self._follow(piece[start : start + _AT_ONCE])

    def _follow(self, piece: bytes) -> None:
        if b"\0" in piece:
            raise NotUtf8
        brackets = self._brackets(piece)
        opening = brackets.count(b"[")
        if self._depth + opening > DEEPEST and self._depth + _deepest(brackets) > DEEPEST:
            raise TooDeep(limit=DEEPEST)
        self._depth += 2 * opening - len(brackets)

    def _brackets(self, piece: bytes) -> bytes:
        """The brackets of the text outside of strings, all as square ones."""
        piece = self._held + piece
        self._held = b"\\" if (len(piece) - len(piece.rstrip(b"\\"))) % 2 else b""
        begun = b'"' if self._in_string else b""
        # The quote at the end ends a string that goes on in the next piece (so no text makes the expression try from
        # every quote in vain); where none does, it is left over.
        outside = _STRING.sub(b"", begun + piece.removesuffix(self._held) + b'"')
        self._in_string = not outside.endswith(b'"')
        return outside.translate(_ALL_ALIKE, _NO_BRACKETS)


def _deepest(brackets: bytes) -> int:
    """How far the depth rises above where it was."""
    depth = deepest = 0
    for bracket in brackets:
        if bracket == _OPENING:
            depth += 1
            if depth > deepest:
                deepest = depth
        else:
            depth -= 1
    return deepest
