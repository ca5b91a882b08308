"""How requests and answers are kept in the table: compared by a keyed hash, and encrypted.

A body may hold a password, an answer a new token; whoever copies the database has neither. The keys are derived from
the same secret that protects tokens.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_BOUNDARY = b"boundary="


@dataclass(frozen=True)
class Answer:
    """An answer, as it was given the first time."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class AnswerVault:
    """Hides answers, under keys derived from the secret in `file`; without one, until this process ends."""

    def __init__(self, file: Path | None) -> None:
        secret = file.read_bytes().strip() if file is not None else secrets.token_bytes(32)
        self._fingerprint_key = _derive(secret, b"syllabus idempotency fingerprint v1")
        self._cipher = AESGCM(_derive(secret, b"syllabus idempotency answer v1"))

    def fingerprint(self, target: str, kind: bytes, body: bytes) -> bytes:
        """The same for the same request. The boundary of a multipart body does not count: clients draw a new one."""
        head, mark, boundary = kind.partition(_BOUNDARY)
        boundary = boundary.partition(b";")[0].strip(b' "')
        if mark and boundary:
            kind, body = head, body.replace(boundary, b"")
        keyed = hmac.new(self._fingerprint_key, digestmod=hashlib.sha256)
        for part in (target.encode(), kind, body):
            keyed.update(len(part).to_bytes(8, "big"))
            keyed.update(part)
        return keyed.digest()

    def seal(self, answer: Answer, user_id: int) -> bytes:
        headers = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in answer.headers]
        head = json.dumps({"status": answer.status, "headers": headers}).encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, head + b"\n" + answer.body, _owner(user_id))

    def open(self, sealed: bytes, user_id: int) -> Answer | None:
        """The answer; None when it was sealed with another secret."""
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _owner(user_id))
        except InvalidTag:
            return None
        head, _, body = plain.partition(b"\n")
        told = json.loads(head)
        headers = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in told["headers"])
        return Answer(told["status"], headers, body)


def _owner(user_id: int) -> bytes:
    return f"user:{user_id}".encode()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret)
