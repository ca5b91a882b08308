"""Names and e-mail addresses: what can be one."""

import re
import unicodedata

LONGEST_NAME = 150
LONGEST_EMAIL = 254
LONGEST_LOCAL_PART = 64

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows; a name with one can pass for another."""
_LOCAL_PART = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.IGNORECASE)
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])", re.IGNORECASE)


def full_name(first_name: str, last_name: str) -> str:
    return f"{first_name} {last_name}".strip()


def check_characters(value: str) -> str:
    """Raises ValueError on characters that cannot be seen: control, direction, half of a pair."""
    if any(unicodedata.category(character) in ("Cc", "Cs") or character in _DIRECTIONS for character in value):
        raise ValueError("Control characters are not allowed.")
    return value


def check_email(value: str) -> str:
    """An address as people have one: ASCII, unquoted, at a host name with a dot. Raises ValueError."""
    local_part, _, domain = value.rpartition("@")
    if not (
        len(value) <= LONGEST_EMAIL
        and len(local_part) <= LONGEST_LOCAL_PART
        and _LOCAL_PART.fullmatch(local_part)
        and _DOMAIN.fullmatch(domain)
    ):
        raise ValueError(f"Enter an e-mail address, such as name@example.com, of at most {LONGEST_EMAIL} characters.")
    return value
