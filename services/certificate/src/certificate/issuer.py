"""In whose name this process issues certificates.

The schedule is handed the database and nothing else, so the issuer is the process's own, made from its settings at
first use.
"""

from dataclasses import dataclass
from functools import cache

import structlog

from certificate.domain.signing import SigningKey
from certificate.settings import process_settings

log = structlog.get_logger()


@dataclass(frozen=True)
class Issuer:
    """The key that signs, and where users find what it signed."""

    key: SigningKey
    public_url: str


@cache
def issuer() -> Issuer:
    """This process's issuer."""
    settings = process_settings()
    if settings.signing_key_file is not None:
        return Issuer(SigningKey.from_pem(settings.signing_key_file.read_bytes()), settings.public_url)
    key = SigningKey.generate()
    log.warning("no SYLLABUS_SIGNING_KEY_FILE: signing with a key that ends with this process", key_id=key.kid)
    return Issuer(key, settings.public_url)
