import asyncio
import ssl
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr, ValidationError

from gateway.mail import carriers
from gateway.mail.carriers import Folder, MailServer, NotSent, carrier_of
from gateway.mail.letter import Letter, message_of
from gateway.settings import Settings

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LINK = "https://learn.example.com/account/verify-email/?token=" + "a" * 60


def _message(recipient: str = "ada@example.com", text: str = f"Hello,\n\n{LINK}\n") -> EmailMessage:
    return message_of(Letter(recipient, "A subject – with a dash", text), "Syllabus <no-reply@example.com>", now=NOW)


class Inbox:
    """A mail server's side: keeps what it takes, answers what it is told."""

    def __init__(self, *, to_recipient: str = "250 OK", to_data: str = "250 OK") -> None:
        self.envelopes: list[Envelope] = []
        self.to_recipient, self.to_data = to_recipient, to_data
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return self.to_data

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
        self.logins.append((login.login, login.password))
        return AuthResult(success=login.password == b"p@ss word")


@asynccontextmanager
async def _served(inbox: Inbox, **options: Any) -> AsyncIterator[int]:
    encryption = options.pop("ssl", None)
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(inbox, authenticator=inbox.authenticate, **options), "127.0.0.1", 0, ssl=encryption
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server at 127.0.0.1, and for a client that trusts it."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=made.public_bytes(Encoding.PEM).decode())


class TestMessage:
    def test_says_who_what_and_when_and_that_nobody_should_answer(self) -> None:
        message = _message()
        assert (message["From"], message["To"]) == ("Syllabus <no-reply@example.com>", "ada@example.com")
        assert message["Date"] == "Sun, 01 Nov 2026 12:00:00 +0000"
        assert message["Message-ID"].endswith("@example.com>")
        assert message["Auto-Submitted"] == "auto-generated"

    def test_keeps_a_link_on_one_line(self) -> None:
        assert f"\n{LINK}\n" in _message().as_string()

    def test_takes_any_script(self) -> None:
        read = message_from_bytes(_message(text="Здравствуйте\n").as_bytes(), policy=default)
        assert read.get_content() == "Здравствуйте\n"

    @pytest.mark.parametrize("recipient", ["ada@example.com\nBcc: eve@example.com", "ada@example.com\r\nX: y"])
    def test_lets_nobody_add_headers(self, recipient: str) -> None:
        with pytest.raises(ValueError):
            _message(recipient)


class TestFolder:
    async def test_gets_a_file_for_each_mail_in_order(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path / "new" / "mail")
        for recipient in ("ada@example.com", "bea@example.com"):
            await folder(_message(recipient))
        files = sorted((tmp_path / "new" / "mail").iterdir())
        assert [file.suffix for file in files] == [".eml", ".eml"]
        read = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
        assert [message["To"] for message in read] == ["ada@example.com", "bea@example.com"]
        assert read[0]["Subject"] == "A subject – with a dash"
        assert LINK in read[0].get_content()

    async def test_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        await Folder(tmp_path / "mail")(_message())
        (file,) = (tmp_path / "mail").iterdir()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700

    async def test_that_cannot_be_is_tried_again(self, tmp_path: Path) -> None:
        (tmp_path / "mail").write_text("a file")
        with pytest.raises(NotSent) as failure:
            await Folder(tmp_path / "mail")(_message())
        assert not failure.value.for_good


class TestMailServer:
    async def test_gets_the_mail(self) -> None:
        inbox = Inbox()
        async with _served(inbox) as port:
            await MailServer(f"smtp://127.0.0.1:{port}")(_message())
        (envelope,) = inbox.envelopes
        assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@example.com", ["ada@example.com"])
        content = envelope.content
        assert isinstance(content, bytes)
        assert LINK.encode() in content

    async def test_is_told_the_password_over_encryption(
        self, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
    ) -> None:
        server, client = certificate
        inbox = Inbox()
        async with _served(inbox, tls_context=server, require_starttls=True) as port:
            await MailServer(f"smtp://user%40x:p%40ss%20word@127.0.0.1:{port}", tls_context=client)(_message())
        assert inbox.logins == [(b"user@x", b"p@ss word")]
        assert len(inbox.envelopes) == 1

    async def test_is_not_told_it_otherwise(self) -> None:
        inbox = Inbox()
        async with _served(inbox, auth_require_tls=False) as port:
            with pytest.raises(NotSent) as failure:
                await MailServer(f"smtp://user:p%40ss%20word@127.0.0.1:{port}")(_message())
        assert not failure.value.for_good
        assert inbox.logins == []

    async def test_encrypts_from_the_start(self, certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        server, client = certificate
        inbox = Inbox()
        async with _served(inbox, ssl=server) as port:
            await MailServer(f"smtps://127.0.0.1:{port}", tls_context=client)(_message())
        assert len(inbox.envelopes) == 1

    async def test_must_be_who_it_says(self, certificate: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
        inbox = Inbox()
        async with _served(inbox, ssl=certificate[0]) as port:
            with pytest.raises(NotSent):
                await MailServer(f"smtps://127.0.0.1:{port}")(_message())

    @pytest.mark.parametrize(
        ("answers", "for_good"),
        [
            ({"to_recipient": "550 no such user ada@example.com"}, True),
            ({"to_recipient": "450 try later"}, False),
            ({"to_data": "554 spam"}, True),
            ({"to_data": "451 try later"}, False),
        ],
    )
    async def test_may_say_no_for_now_or_for_good(self, answers: dict[str, str], for_good: bool) -> None:
        async with _served(Inbox(**answers)) as port:
            with pytest.raises(NotSent) as failure:
                await MailServer(f"smtp://127.0.0.1:{port}")(_message())
        assert failure.value.for_good is for_good
        assert "ada@" not in str(failure.value)

    async def test_that_is_away_is_tried_again(self) -> None:
        with pytest.raises(NotSent) as failure:
            await MailServer("smtp://127.0.0.1:1")(_message())
        assert not failure.value.for_good

    async def test_that_says_nothing_is_not_waited_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(carriers, "ATTEMPT_LIMIT_S", 0.05)
        gone = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()
            gone.set()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        with pytest.raises(NotSent):
            await MailServer(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}")(_message())
        await gone.wait()
        server.close()


class TestSettings:
    @pytest.mark.parametrize(
        ("changes", "carrier"),
        [
            ({}, Folder),
            ({"smtp_url": ""}, Folder),
            ({"smtp_url": "smtp://mail.example.com"}, MailServer),
            ({"smtp_url": SecretStr("smtps://u:p@mail.example.com:465")}, MailServer),
        ],
    )
    def test_choose_the_way(self, changes: dict[str, Any], carrier: type[object]) -> None:
        assert isinstance(carrier_of(Settings(**changes)), carrier)

    @pytest.mark.parametrize(
        "changes",
        [
            {"smtp_url": "mail.example.com"},
            {"smtp_url": "http://mail.example.com"},
            {"smtp_url": "smtp://"},
            {"smtp_url": "smtp://mail.example.com:99999"},
            {"mail_sender": "Syllabus"},
            {"mail_sender": ""},
            {"mail_sender": "a@example.com\nBcc: b@example.com"},
        ],
    )
    def test_that_cannot_be_are_refused_without_telling_secrets(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            Settings(**changes)

    def test_links_lead_to_the_gateways_pages_or_a_frontends(self) -> None:
        assert Settings(public_url="https://x.example").link_to("a") == "https://x.example/account/a/"
        assert Settings(account_url="https://y.example/me/").link_to("a") == "https://y.example/me/a/"
