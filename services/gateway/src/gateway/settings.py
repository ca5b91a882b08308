"""Settings of the gateway, beside those that every service has."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field, SecretStr

from shared.settings import ServiceName, ServiceSettings


class Settings(ServiceSettings):
    SERVICE: ClassVar[ServiceName] = "gateway"

    database_url: str = "postgresql://gateway:gateway@127.0.0.1:5432/syllabus"
    listen: str = "127.0.0.1:8000"
    """The public address: the API and the pages."""
    internal_listen: str = "127.0.0.1:8010"
    """The private address: probes, metrics, and what other services ask. Never open it to the outside."""

    token_key_file: Path | None = None
    """A file with the secret (32 characters at least) from which the keys that protect stored tokens are derived. The
    same for every gateway process. Without it, tokens of before a restart no longer work after it."""
    password_threads: int = Field(default=2, ge=1, le=64)
    """How many passwords are hashed at once; each takes a processor and 46 MiB for about a tenth of a second."""
    password_queue: int = Field(default=32, ge=0, le=10_000)
    """How many more may wait; beyond, logins are answered 503."""

    demo: bool = False
    """Whether `python -m gateway demo-accounts` may make accounts with a known password."""
    admin_password: SecretStr | None = None
    """For `python -m gateway createadmin`, where there is no terminal to ask on."""
