"""Tokens: what a signed-in user holds, and how they are stored.

A token is looked up by its HMAC and kept encrypted beside it, both under keys derived from one secret that is not in
the database. Whoever copies the database has no token; whoever logs in is given the same one again.
"""

import hashlib
import hmac
import secrets
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TOKEN_BYTES = 20
SHORTEST_SECRET = 32
_NONCE_BYTES = 12

log = structlog.get_logger()


def new_token() -> str:
    """40 hexadecimal characters, 160 random bits."""
    return secrets.token_hex(TOKEN_BYTES)


class TokenVault:
    """Hides tokens under keys derived from `secret`."""

    def __init__(self, secret: bytes) -> None:
        self._lookup_key = _derive(secret, b"syllabus token lookup v1")
        self._cipher = AESGCM(_derive(secret, b"syllabus token seal v1"))

    @classmethod
    def of_file(cls, file: Path | None) -> "TokenVault":
        """With the secret in `file`; without one, with a secret that ends with this process.

        Raises ValueError when the secret is too short to be one.
        """
        if file is None:
            log.warning("no SYLLABUS_TOKEN_KEY_FILE: tokens work until this process ends, and in this process only")
            return cls(secrets.token_bytes(32))
        secret = file.read_bytes().strip()
        if len(secret) < SHORTEST_SECRET:
            raise ValueError(f"The token key in {file} has {len(secret)} characters; it needs {SHORTEST_SECRET}.")
        return cls(secret)

    def lookup(self, token: str) -> bytes:
        """What a token is found by. The same for the same token."""
        return hmac.digest(self._lookup_key, token.encode(), hashlib.sha256)

    def seal(self, token: str, user_id: int) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, token.encode(), _owner(user_id))

    def open(self, sealed: bytes, user_id: int) -> str | None:
        """The token; None when it was sealed with another secret, or for another user."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _owner(user_id)).decode()
        except InvalidTag:
            return None


def _owner(user_id: int) -> bytes:
    """Bound to the ciphertext, so that a row copied to another user opens for nobody."""
    return f"user:{user_id}".encode()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
