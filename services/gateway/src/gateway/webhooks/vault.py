"""How the secrets of webhooks are kept: encrypted, under a key from the secret that protects tokens."""

import secrets
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_PURPOSE = b"syllabus webhook secret v1"


class SecretVault:
    """Hides secrets, under a key derived from the one in `file`; without a file, until this process ends."""

    def __init__(self, file: Path | None) -> None:
        secret = file.read_bytes().strip() if file is not None else _of_this_process()
        self._cipher = AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret))

    def seal(self, secret: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), None)

    def open(self, sealed: bytes) -> str | None:
        """The secret; None when it was sealed under another key."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
        except InvalidTag:
            return None


@cache
def _of_this_process() -> bytes:
    return secrets.token_bytes(32)
