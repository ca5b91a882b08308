"""Settings of the gateway, beside those that every service has."""

from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator

from gateway.limits.clients import TrustedProxies
from shared.settings import ServiceName, ServiceSettings


def _networks(value: str) -> str:
    TrustedProxies(value)
    return value


PerMinute = Annotated[int, Field(ge=1, le=100_000_000)]


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

    files_dir: Path = Path("files")
    """Where the gateway keeps files."""
    smtp_url: SecretStr | None = None
    """The mail server: `smtp://user:password@host:587`, encrypted where the server can and always before the password;
    or `smtps://…:465`. Without it, mails are files in `mail_dir`."""
    mail_dir: Path | None = None
    """Where mails go without a mail server, as `.eml` files. Default: `mail` in `files_dir`."""
    mail_sender: str = "Syllabus <no-reply@localhost>"
    """From whom mails are."""
    account_url: str | None = None
    """Where links in mails lead: to the pages `password-reset/` and `verify-email/` below it, which are given the
    parameter `token`. Default: the gateway's own, `account` below `public_url`."""

    demo: bool = False
    """Whether `python -m gateway demo-accounts` may make accounts with a known password."""
    admin_password: SecretStr | None = None
    """For `python -m gateway createadmin`, where there is no terminal to ask on."""

    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    """Addresses, networks (`10.0.0.0/8`) or `unix`, with commas between: from there, `X-Forwarded-For` says who asks.
    Nobody's is believed by default."""

    cache_bytes: int = Field(default=64 * 1024 * 1024, ge=0)
    """How much of the courses' pages each process keeps for guests; 0 keeps none."""

    rate_limits: bool = True
    """Whether requests are limited at all. Off for benchmarks."""
    redis_url: SecretStr | None = None
    """Where gateway processes count together, `redis://host:port/number`; without it, each counts for itself."""
    limit_user: PerMinute = 6000
    """Requests in a minute of one signed-in user. The same unit below."""
    limit_guest: PerMinute = 3000
    """Of one network address, not signed in."""
    limit_login: PerMinute = 600
    """Logins from one network address."""
    limit_wrong_password: PerMinute = 30
    """Logins with one e-mail address from one network address, until one has the right password."""
    limit_registration: PerMinute = 300
    """New accounts from one network address."""
    limit_recovery: PerMinute = 60
    """Requests for mailed links, and uses of them, from one network address."""
    limit_password: PerMinute = 60
    """Uses of one's own password while signed in: to change it, to delete the account."""
    limit_verification: PerMinute = 300
    """Certificates verified from one network address."""
    limit_search: PerMinute = 600
    """Searches and suggestions, of one user, or of one network address."""

    @field_validator("smtp_url", "mail_dir", "account_url", "redis_url", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """As deployment files pass on what is not set."""
        return None if value == "" else value

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(value.get_secret_value()) if value else None
        if parts and (parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.port == 0):
            raise ValueError("Give it as smtp://user:password@host:587 or smtps://user:password@host:465.")
        return value

    @field_validator("mail_sender")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        if not all(parseaddr(value)[1].rpartition("@")) or not value.isprintable():
            raise ValueError("Give it as Name <address@example.com>.")
        return value

    def link_to(self, page: str) -> str:
        """Address of a page about one's account, without its parameters."""
        return f"{(self.account_url or f'{self.public_url}/account').rstrip('/')}/{page}/"
