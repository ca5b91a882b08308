"""Settings of this service, beyond those of every service."""

from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import ClassVar

from pydantic import field_validator

from certificate.domain.signing import SigningKey
from shared.settings import ServiceName, ServiceSettings


class Settings(ServiceSettings):
    SERVICE: ClassVar[ServiceName] = "certificate"

    database_url: str = "postgresql://certificate:certificate@127.0.0.1:5432/syllabus"
    listen: str = "127.0.0.1:8014"

    signing_key_file: Path | None = None
    """The Ed25519 private key (PEM, not encrypted) that signs certificates. Without it, each process makes one of its
    own, which ends with it: what it signed still verifies, but nobody can say who held the key."""

    exports_dir: Path = Path(gettempdir()) / "syllabus-certificate-exports"
    """Where archives of certificates are written and kept for a day. API and worker must see the same folder."""

    @field_validator("signing_key_file")
    @classmethod
    def _can_sign(cls, path: Path | None) -> Path | None:
        """A key that cannot be read stops the process at its start, not at the first certificate."""
        if path is not None:
            try:
                SigningKey.from_pem(path.read_bytes())
            except OSError as error:
                raise ValueError(f"the signing key cannot be read: {error.strerror}") from error
        return path


@cache
def process_settings() -> Settings:
    """The settings of this process, read once: for the schedule, which is not handed any."""
    return Settings()
