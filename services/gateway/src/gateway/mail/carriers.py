"""How a message leaves: by a mail server, or into a folder where there is none."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
from uuid_utils import uuid7

from gateway.settings import Settings

ATTEMPT_LIMIT_S = 20.0
"""For a whole attempt, from connecting to the server's last word."""

Carry = Callable[[EmailMessage], Awaitable[None]]
"""Takes a message away. Raises NotSent."""


class NotSent(Exception):
    """The message did not leave; `for_good` when it never will, whenever it is tried again."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


def carrier_of(settings: Settings) -> Carry:
    if settings.smtp_url is None:
        return Folder(settings.mail_dir or settings.files_dir / "mail")
    return MailServer(settings.smtp_url.get_secret_value())


class Folder:
    """Writes each message to a file of its own, `<time-ordered id>.eml`, for its owner alone: mails have secrets."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def __call__(self, message: EmailMessage) -> None:
        try:
            await asyncio.to_thread(self._write, message.as_bytes(policy=SMTP))
        except OSError as error:
            raise NotSent(f"{type(error).__name__} in {self._directory}") from error

    def _write(self, content: bytes) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._directory / f"{uuid7()}.eml"
        unfinished = file.with_suffix(".part")
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(content)
        unfinished.rename(file)


class MailServer:
    """Hands each message to the server at `smtp://user:password@host:port`, or `smtps://`.

    `smtps` is encrypted from the start (port 465); `smtp` (port 587) turns to encryption where the server offers it,
    and always before a password is told.
    """

    def __init__(self, url: str, *, tls_context: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._encrypted = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._encrypted else 587)
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls_context = tls_context

    async def __call__(self, message: EmailMessage) -> None:
        try:
            async with asyncio.timeout(ATTEMPT_LIMIT_S):
                await aiosmtplib.send(
                    message,
                    hostname=self._host,
                    port=self._port,
                    username=self._username,
                    password=self._password,
                    use_tls=self._encrypted,
                    start_tls=None if self._encrypted or self._username is None else True,
                    # Else it would be looked up, on the event loop.
                    local_hostname="localhost",
                    timeout=ATTEMPT_LIMIT_S,
                    tls_context=self._tls_context,
                )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotSent(_reason(error), for_good=_is_for_good(error)) from error


def _is_for_good(error: Exception) -> bool:
    """Whether the server said no to this message. (A no to our sender or password is a mistake in the settings.)"""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(refused.code >= 500 for refused in error.recipients)
    return isinstance(error, aiosmtplib.SMTPDataError) and error.code >= 500


def _reason(error: Exception) -> str:
    """For the log: without the server's sentence, which may quote the address."""
    code = getattr(error, "code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"
