import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage

import httpx
import pytest

from gateway.consumers import HANDLERS
from gateway.front import Front
from gateway.identity import watch
from gateway.identity.commands.accounts import register
from gateway.identity.commands.users import set_subscription, update_user
from gateway.identity.hashing import hash_password
from gateway.mail.queue import send_due
from gateway.main import create
from gateway.schedules import all_letters
from gateway.settings import Settings
from gateway.store import lock_user, token_of
from shared.auth import Identity
from shared.contracts.gateway.events import Role
from shared.testing import Environment, ServiceUnderTest, serve_for_tests

PASSWORD = "quiet-harbour-lantern"


@dataclass(frozen=True)
class Account:
    """Someone with an account, a password and a token."""

    id: int
    email: str
    token: str
    identity: Identity
    password: str = PASSWORD

    @property
    def header(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.token}"}


MakeAccount = Callable[..., Awaitable[Account]]


@pytest.fixture(autouse=True)
def _changes_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look in the middle of a test would be counted among its statements."""
    monkeypatch.setattr(watch, "EVERY_S", 3600.0)


@pytest.fixture
async def gateway(environment: Environment) -> AsyncIterator[ServiceUnderTest]:
    async with serve_for_tests(Settings, create, HANDLERS, environment, cache_bytes=0) as service:
        yield service


@pytest.fixture
async def door(gateway: ServiceUnderTest) -> AsyncIterator[httpx.AsyncClient]:
    """A client at the public address."""
    transport = httpx.ASGITransport(Front(gateway.app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@dataclass
class Postbox:
    """Sends the mails that wait, as the clock would, and keeps them."""

    gateway: ServiceUnderTest
    messages: list[EmailMessage] = field(default_factory=list)

    async def collect(self, *, now: datetime | None = None) -> list[EmailMessage]:
        """Those that came since the last time."""
        settings: Settings = self.gateway.settings  # type: ignore[assignment]
        before = len(self.messages)
        write, sender = all_letters(settings), settings.mail_sender
        await send_due(self.gateway.database, write, self._keep, sender, now=now or datetime.now(UTC))
        return self.messages[before:]

    async def token(self, *, now: datetime | None = None) -> str:
        """The one in the link of the one mail that came."""
        (message,) = await self.collect(now=now)
        found = re.search(r"\?token=(\S+)\n", message.get_content())
        assert found is not None
        return found.group(1)

    async def _keep(self, message: EmailMessage) -> None:
        self.messages.append(message)


@pytest.fixture
def postbox(gateway: ServiceUnderTest) -> Postbox:
    return Postbox(gateway)


@pytest.fixture(scope="session")
def password_hash() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def make_account(gateway: ServiceUnderTest, password_hash: str) -> MakeAccount:
    """`await make_account("ada@example.com", role="instructor", premium=True)`."""

    async def make(
        email: str = "ada@example.com",
        *,
        role: Role = "student",
        first_name: str = "Ada",
        last_name: str = "Byron",
        premium: bool = False,
        expires_at: datetime | None = None,
        is_active: bool = True,
        is_email_verified: bool = True,
    ) -> Account:
        now = datetime.now(UTC)
        async with gateway.database.transaction() as session:
            user = await register(
                session,
                email,
                password_hash,
                first_name,
                last_name,
                role=role,
                is_email_verified=is_email_verified,
                now=now,
            )
            if premium:
                await set_subscription(session, user.id, {"tier": "premium", "expires_at": expires_at}, now=now)
            if not is_active:
                await update_user(session, user.id, {"is_active": False}, now=now)
            locked = await lock_user(session, user.id)
            token = await token_of(session, locked, gateway.app.state.authentication.vault, now=now)
            identity = Identity(user.id, role, f"{first_name} {last_name}", premium)
        return Account(user.id, email, token, identity)

    return make
