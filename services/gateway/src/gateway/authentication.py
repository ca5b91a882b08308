"""From the token or session that a request brings to who is asking, and to the signature that services trust.

What either stands for is remembered, so that most requests ask no database. It is forgotten at once when this process
changes it, and within two seconds when another one does: for a minute while changes are watched, else for the two.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, LiteralString

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.cookies import CSRF_HEADER, session_in
from gateway.identity.domain.access import AccountDeactivated, is_for_services, is_premium
from gateway.identity.domain.names import full_name
from gateway.identity.domain.sessions import LIFETIME, PROLONGED_AFTER, CsrfFailed, is_to_be_prolonged
from gateway.identity.secret import digest_of, is_csrf_of
from gateway.identity.tokens import TOKEN_BYTES, TokenVault
from gateway.identity.watch import Watch
from shared.auth import LIFETIME_S, Identity, Signer
from shared.contracts.gateway.events import Role
from shared.database import Database
from shared.errors import InvalidToken, RoleRequired, ServiceUnavailable

REMEMBERED_S = 2.0
"""After it was read, or after all changes until then were known."""
LONGEST_REMEMBERED_S = 60.0
SIGNED_AHEAD_S = LIFETIME_S / 2
"""A signature is used for so long: whoever gets it can rely on half of its lifetime."""
MOST_REMEMBERED = 20_000

_HEX = frozenset("0123456789abcdef")
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_ASKING_NOBODY = frozenset(
    f"/api/auth/{action}/"
    for action in (
        "login",
        "register",
        "password-reset",
        "password-reset/confirm",
        "verify-email",
        "verify-email/resend",
    )
)
"""Where a session plays no part: a browser that has lost its `csrftoken` must still be able to log in."""
_PERSON: LiteralString = """
    users.id, users.role, users.first_name, users.last_name, users.is_active, users.is_service, subscriptions.tier,
    subscriptions.expires_at
"""
_HOLDER: LiteralString = f"""
    SELECT {_PERSON}
    FROM tokens JOIN users ON users.id = tokens.user_id JOIN subscriptions ON subscriptions.user_id = users.id
    WHERE tokens.lookup = %(lookup)s
"""  # noqa: S608  (our own constants)
_SESSION_HOLDER: LiteralString = f"""
    SELECT sessions.expires_at, {_PERSON}
    FROM sessions JOIN users ON users.id = sessions.user_id JOIN subscriptions ON subscriptions.user_id = users.id
    WHERE sessions.digest = %(digest)s AND sessions.expires_at > %(now)s
"""  # noqa: S608
_PROLONG = text("UPDATE sessions SET expires_at = :until WHERE digest = :digest AND expires_at < :limit RETURNING 1")


@dataclass(frozen=True)
class Holder:
    """Who holds a token or session, as last read."""

    user_id: int
    role: Role
    name: str
    is_active: bool
    is_service: bool
    tier: str
    expires_at: datetime | None
    read_at: float
    """On the monotonic clock."""
    ends_at: datetime | None = None
    """Of a session."""
    prolonged: bool = False
    """Whether the session was prolonged then, which its browser is to be told."""

    def identity(self, *, now: datetime) -> Identity:
        premium = is_premium(self.tier, self.expires_at, now=now)
        return Identity(self.user_id, self.role, self.name, premium)


@dataclass(frozen=True)
class Admission:
    """Who a request comes from, signed."""

    signature: str | None = None
    """None for a guest."""
    prolonged: str | None = None
    """The session whose cookies are to be sent anew."""


class Authentication:
    """Knows the holders of tokens and sessions, and signs for them."""

    def __init__(self, database: Database, vault: TokenVault, signer: Signer | None) -> None:
        self.vault = vault
        self._database = database
        self._signer = signer
        self._holders: dict[str, Holder] = {}
        self._signatures: dict[Identity, tuple[float, str]] = {}
        self._changes = 0
        self.watch = Watch(database, self.forget)

    async def admit(self, method: str, path: str, headers: Sequence[tuple[bytes, bytes]]) -> Admission:
        """Who sent this request: by its `Authorization` header, else by its session cookie, else a guest.

        A session that is over, or was never there, is a guest's: the browser cannot help sending it.
        Raises what `signature` raises; CsrfFailed when a session is to change something without its CSRF token.
        """
        authorization = _joined(headers, b"authorization")
        if authorization is not None:
            return Admission(await self.signature(authorization.decode("latin-1"), method, path))
        session = None if path in _ASKING_NOBODY else session_in(headers)
        holder = await self.session_holder(session) if session else None
        if session is None or holder is None:
            return Admission()
        if method not in _SAFE and not is_csrf_of(session, _joined(headers, CSRF_HEADER)):
            raise CsrfFailed
        signature = self._sign(holder.identity(now=datetime.now(UTC)))
        return Admission(signature, session if holder.prolonged else None)

    async def session_holder(self, session: str) -> Holder | None:
        """Who is logged in with this session cookie; None when nobody is (any more)."""
        holder = await self._remembered(session, self._read_session)
        if holder is None or not holder.is_active:
            return None
        return holder if holder.ends_at is None or holder.ends_at > datetime.now(UTC) else None

    async def token_holder(self, token: str) -> Holder:
        """Who is signed in with this token. Raises InvalidToken, also for a service account's; AccountDeactivated."""
        holder = await self._holder(_token(f"Token {token}"))
        if holder.is_service:
            raise InvalidToken
        if not holder.is_active:
            raise AccountDeactivated
        return holder

    def signature_of(self, holder: Holder) -> str:
        """Raises ServiceUnavailable when this gateway has no key to sign with."""
        return self._sign(holder.identity(now=datetime.now(UTC)))

    async def signature(self, authorization: str | None, method: str = "", path: str = "") -> str | None:
        """The signed identity of whoever sent this `Authorization` header; None for a guest, who sent none.

        A service account is an administrator to the few things that it may read.
        Raises InvalidToken, AccountDeactivated; RoleRequired for a service account, except where it may do this;
        ServiceUnavailable when this gateway has no key to sign with.
        """
        if authorization is None:
            return None
        holder = await self._holder(_token(authorization))
        if not holder.is_active:
            raise AccountDeactivated
        identity = holder.identity(now=datetime.now(UTC))
        if not holder.is_service:
            return self._sign(identity)
        if not is_for_services(method, path):
            raise RoleRequired("A service account may read the feed of events and the descriptions, nothing else.")
        return self._sign(replace(identity, role="administrator"))

    @asynccontextmanager
    async def changing(self, user_id: int) -> AsyncIterator[AsyncSession]:
        """A transaction that changes what this process may remember of a user. It is forgotten after the commit."""
        try:
            async with self._database.transaction() as session:
                yield session
        finally:
            self.forget({user_id})

    def forget(self, users: Collection[int] | None) -> None:
        """These users' tokens and sessions; None: everybody's. In one pass, however many they are."""
        self._changes += 1
        if users is None:
            self._holders.clear()
            return
        for secret in [secret for secret, holder in self._holders.items() if holder.user_id in users]:
            del self._holders[secret]

    async def _holder(self, token: str) -> Holder:
        holder = await self._remembered(token, self._read)
        if holder is None:
            raise InvalidToken
        return holder

    async def _remembered(self, secret: str, read: Callable[[str], Awaitable[Holder | None]]) -> Holder | None:
        """Whoever holds this token or session, which differ in length: read now, or as good as that."""
        known = self._holders.get(secret)
        if known is not None and self._still_holds(known, time.monotonic()):
            return known
        changes = self._changes
        holder = await read(secret)
        if holder is None:
            self._holders.pop(secret, None)
        # What was read before a change must not be remembered after it.
        elif changes == self._changes:
            if len(self._holders) >= MOST_REMEMBERED:
                self._holders.clear()
            # That it was prolonged is told once.
            self._holders[secret] = replace(holder, prolonged=False) if holder.prolonged else holder
        return holder

    def _still_holds(self, known: Holder, now: float) -> bool:
        confirmed_at = max(known.read_at, self.watch.confirmed_at)
        return now < min(confirmed_at + REMEMBERED_S, known.read_at + LONGEST_REMEMBERED_S)

    async def _read(self, token: str) -> Holder | None:
        read_at = time.monotonic()
        row = await self._database.read(_HOLDER, {"lookup": self.vault.lookup(token)})
        return _holder_of(row, read_at) if row is not None else None

    async def _read_session(self, value: str) -> Holder | None:
        read_at, now, digest = time.monotonic(), datetime.now(UTC), digest_of(value)
        row = await self._database.read(_SESSION_HOLDER, {"digest": digest, "now": now})
        if row is None:
            return None
        ends_at, *person = row
        prolonged = is_to_be_prolonged(ends_at, now=now) and await self._prolong(digest, now)
        return replace(_holder_of(person, read_at), ends_at=ends_at, prolonged=prolonged)

    async def _prolong(self, digest: bytes, now: datetime) -> bool:
        """Whether it was this request that moved the session's end."""
        until = now + LIFETIME
        parameters = {"digest": digest, "until": until, "limit": until - PROLONGED_AFTER}
        async with self._database.transaction() as session:
            return await session.scalar(_PROLONG, parameters) is not None

    def _sign(self, identity: Identity) -> str:
        now = time.monotonic()
        until, signature = self._signatures.get(identity, (0.0, ""))
        if until < now:
            if self._signer is None:
                raise ServiceUnavailable
            if len(self._signatures) >= MOST_REMEMBERED:
                self._signatures.clear()
            signature = self._signer.for_user(identity)
            self._signatures[identity] = (now + SIGNED_AHEAD_S, signature)
        return signature


def _holder_of(person: Sequence[Any], read_at: float) -> Holder:
    user_id, role, first_name, last_name, is_active, is_service, tier, expires_at = person
    name = full_name(first_name, last_name)
    return Holder(user_id, role, name, is_active, is_service, tier, expires_at, read_at)


def _joined(headers: Sequence[tuple[bytes, bytes]], wanted: bytes) -> bytes | None:
    """All headers of a name as one; None where there is none."""
    sent = [value for name, value in headers if name == wanted]
    return b", ".join(sent) if sent else None


def _token(authorization: str) -> str:
    """The value in `Token <value>`. Raises InvalidToken on anything else."""
    scheme, _, value = authorization.partition(" ")
    token = value.strip().lower()
    if scheme.lower() != "token" or len(token) != TOKEN_BYTES * 2 or not _HEX.issuperset(token):
        raise InvalidToken
    return token


async def _authentication(request: Request) -> Authentication:
    authentication: Authentication = request.app.state.authentication
    return authentication


UseAuthentication = Annotated[Authentication, Depends(_authentication)]
"""Route parameter: who holds which token."""
