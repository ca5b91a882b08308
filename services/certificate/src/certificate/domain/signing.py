"""Ed25519 signatures, and keys as JWKs (RFC 8037). A key's id is its thumbprint (RFC 7638): it follows from the key."""

import base64
import hashlib
import json
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


@dataclass(frozen=True)
class VerifyingKey:
    """The public half of a key; `x` is its 32 bytes in base64url."""

    x: str

    @property
    def kid(self) -> str:
        members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": self.x}, separators=(",", ":"))
        return _base64url(hashlib.sha256(members.encode()).digest())

    def verify(self, data: bytes, signature: str) -> bool:
        """Whether `signature` (base64url) is this key's over `data`."""
        try:
            Ed25519PublicKey.from_public_bytes(bytes_of(self.x)).verify(bytes_of(signature), data)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """A private key, and who can check what it signs."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = VerifyingKey(_base64url(private.public_key().public_bytes_raw()))
        self.kid = self.public.kid

    @classmethod
    def from_pem(cls, pem: bytes) -> "SigningKey":
        """Raises ValueError when this is no Ed25519 private key, or an encrypted one."""
        try:
            private = load_pem_private_key(pem, password=None)
        except TypeError as error:
            raise ValueError("the signing key is encrypted; give it without a password") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("the signing key is not an Ed25519 key")
        return cls(private)

    @classmethod
    def generate(cls) -> "SigningKey":
        return cls(Ed25519PrivateKey.generate())

    def sign(self, data: bytes) -> str:
        """The signature over `data`, in base64url."""
        return _base64url(self._private.sign(data))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    """Raises ValueError for any text but the one that these bytes are written as."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # The decoder skips foreign characters and the last one's spare bits, so a changed signature could still pass.
    if _base64url(data) != text:
        raise ValueError("not base64url")
    return data
