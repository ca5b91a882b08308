"""Which passwords are accepted: long enough, not the address, and not among those that are tried first.

Guessing programs begin with a list of common words and vary it: a capital, a year or an exclamation mark at the end,
`@` for `a`. So a password is refused when it comes down to a word of `common_passwords.txt`, to a run of keys, or to a
short piece said again and again.
"""

import functools
import re
from importlib import resources

from shared.errors import Invalid

SHORTEST = 8
LONGEST = 128
LONGEST_PADDING = 6
"""Digits and signs around a common word that do not make it a good password."""

_LEET = (
    str.maketrans("013457@$!+", "oleastasit"),
    str.maketrans("013457@$!+", "oieastasit"),
)
_EDGE = re.compile(r"^[\W\d_]*|[\W\d_]*$")
_NEARLY_A_NUMBER = re.compile(r"\d*[^\W\d_]{0,2}\d*")
_REPEATED = re.compile(r"(.{1,4}?)\1+")
_TWICE = re.compile(r"(.{5,}?)\1+")
_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "a1b2c3d4e5f6g7h8i9j0",
    "1a2b3c4d5e6f7g8h9i0j",
    "zaq12wsxcde34rfvbgt56yhnmju78ik",
)


def check_password(password: str, email: str, *, field: str = "password") -> None:
    """Raises Invalid on `field` when the password is too easy to guess. Length was checked by the schema."""
    if is_the_address(password, email):
        raise Invalid({field: ["The password must not be your e-mail address."]})
    if is_common(password):
        raise Invalid({field: ["This password is too common: it is among the first that would be guessed."]})


def is_the_address(password: str, email: str) -> bool:
    password, email = password.casefold(), email.casefold()
    return password in (email, email.rpartition("@")[0])


def is_common(password: str) -> bool:
    text = password.casefold()
    if not any(character.isalpha() for character in text):
        return len(text) <= 16 or len(set(text)) <= 4
    if _REPEATED.fullmatch(text) or _is_run(text) or (len(text) <= 12 and _NEARLY_A_NUMBER.fullmatch(text)):
        return True
    if said_again := _TWICE.fullmatch(text):
        text = said_again.group(1)
    return any(_is_word(form) for form in (text, *(text.translate(table) for table in _LEET), *_leet_cores(text)))


def _is_run(text: str) -> bool:
    """Keys beside each other, or the alphabet, forward or backward."""
    return any(text in run or text in run[::-1] for run in _RUNS)


def _is_word(text: str) -> bool:
    core = _EDGE.sub("", text)
    return len(text) - len(core) <= LONGEST_PADDING and (core in _common() or (len(core) > 3 and _is_run(core)))


def _leet_cores(text: str) -> list[str]:
    """The part between digits and signs at the ends, with figures read as the letters they stand for."""
    core = _EDGE.sub("", text)
    return [core.translate(table) for table in _LEET] if len(text) - len(core) <= LONGEST_PADDING else []


@functools.cache
def _common() -> frozenset[str]:
    return frozenset(resources.files("gateway.identity.domain").joinpath("common_passwords.txt").read_text().split())
