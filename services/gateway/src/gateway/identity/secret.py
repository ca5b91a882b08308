"""Secrets that are handed out once, in a cookie or a link: 256 random bits, of which only the hash is stored.

So much chance needs no key: nobody finds the value to a hash. Tokens, which the next login must be able to give
again, are kept otherwise (`tokens`).
"""

import hashlib
import hmac
import re
import secrets

_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    """43 characters that need no encoding in URLs and cookies."""
    return secrets.token_urlsafe(32)


def is_secret(value: str) -> bool:
    """Whether it has the form of one."""
    return _FORM.fullmatch(value) is not None


def digest_of(secret: str) -> bytes:
    """What is stored, and looked up."""
    return hashlib.sha256(secret.encode()).digest()


def csrf_of(secret: str) -> str:
    """The CSRF token that belongs to a session: whoever has only this one cannot tell the session's value."""
    return hmac.digest(secret.encode(), b"syllabus csrf v1", hashlib.sha256).hex()


def is_csrf_of(secret: str, sent: bytes | None) -> bool:
    """Whether `sent` is that token; takes as long whatever is sent."""
    return hmac.compare_digest(csrf_of(secret).encode(), sent or b"")
