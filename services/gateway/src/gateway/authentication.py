"""From the token that a request brings to who is asking, and to the signature that services trust.

What a token stands for is remembered for two seconds, so that most requests ask no database; it is forgotten at once
when this process changes it, and within the two seconds when another one does.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.domain.access import AccountDeactivated, is_premium
from gateway.identity.domain.names import full_name
from gateway.identity.tokens import TOKEN_BYTES, TokenVault
from shared.auth import LIFETIME_S, Identity, Signer
from shared.contracts.gateway.events import Role
from shared.database import Database
from shared.errors import InvalidToken, ServiceUnavailable

REMEMBERED_S = 2.0
SIGNED_AHEAD_S = LIFETIME_S / 2
"""A signature is used for so long: whoever gets it can rely on half of its lifetime."""
MOST_REMEMBERED = 20_000

_HEX = frozenset("0123456789abcdef")
_HOLDER = text("""
    SELECT users.id, users.role, users.first_name, users.last_name, users.is_active,
           subscriptions.tier, subscriptions.expires_at
    FROM tokens JOIN users ON users.id = tokens.user_id JOIN subscriptions ON subscriptions.user_id = users.id
    WHERE tokens.lookup = :lookup
""")


@dataclass(frozen=True)
class Holder:
    """Who holds a token, as last read."""

    user_id: int
    role: Role
    name: str
    is_active: bool
    tier: str
    expires_at: datetime | None
    read_at: float
    """On the monotonic clock."""

    def identity(self, *, now: datetime) -> Identity:
        premium = is_premium(self.tier, self.expires_at, now=now)
        return Identity(self.user_id, self.role, self.name, premium)


class Authentication:
    """Knows the holders of tokens, and signs for them."""

    def __init__(self, database: Database, vault: TokenVault, signer: Signer | None) -> None:
        self.vault = vault
        self._database = database
        self._signer = signer
        self._holders: dict[str, Holder] = {}
        self._signatures: dict[Identity, tuple[float, str]] = {}
        self._changes = 0

    async def signature(self, authorization: str | None) -> str | None:
        """The signed identity of whoever sent this `Authorization` header; None for a guest, who sent none.

        Raises InvalidToken, AccountDeactivated; ServiceUnavailable when this gateway has no key to sign with.
        """
        if authorization is None:
            return None
        holder = await self._holder(_token(authorization))
        if not holder.is_active:
            raise AccountDeactivated
        return self._sign(holder.identity(now=datetime.now(UTC)))

    @asynccontextmanager
    async def changing(self, user_id: int) -> AsyncIterator[AsyncSession]:
        """A transaction that changes what this process may remember of a user. It is forgotten after the commit."""
        try:
            async with self._database.transaction() as session:
                yield session
        finally:
            self.forget(user_id)

    def forget(self, user_id: int) -> None:
        self._changes += 1
        for token in [token for token, holder in self._holders.items() if holder.user_id == user_id]:
            del self._holders[token]

    async def _holder(self, token: str) -> Holder:
        known = self._holders.get(token)
        if known is not None and time.monotonic() < known.read_at + REMEMBERED_S:
            return known
        changes = self._changes
        holder = await self._read(token)
        # What was read before a change must not be remembered after it.
        if changes == self._changes:
            if len(self._holders) >= MOST_REMEMBERED:
                self._holders.clear()
            self._holders[token] = holder
        return holder

    async def _read(self, token: str) -> Holder:
        read_at = time.monotonic()
        async with self._database.reading() as session:
            row = (await session.execute(_HOLDER, {"lookup": self.vault.lookup(token)})).one_or_none()
        if row is None:
            self._holders.pop(token, None)
            raise InvalidToken
        name = full_name(row.first_name, row.last_name)
        return Holder(row.id, row.role, name, row.is_active, row.tier, row.expires_at, read_at)

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
