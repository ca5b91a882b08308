"""Pushing, put together for one process."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from fastapi import FastAPI

from gateway.authentication import Authentication
from gateway.identity.cookies import session_in
from gateway.identity.secret import digest_of
from gateway.push.admission import Admission
from gateway.push.guard import guard
from gateway.push.hub import Hub
from gateway.push.outlet import Credential
from gateway.push.sockets import Sockets
from gateway.settings import Settings
from shared.database import Database
from shared.errors import AuthenticationRequired


@dataclass(frozen=True)
class Push:
    """What the entrances need."""

    settings: Settings
    database: Database
    authentication: Authentication
    hub: Hub
    admission: Admission
    sockets: Sockets

    def credential_of(self, headers: Sequence[tuple[bytes, bytes]]) -> Credential:
        """What a request that was admitted is signed in with. Raises AuthenticationRequired."""
        authorization = next((value for name, value in headers if name == b"authorization"), None)
        if authorization is not None:
            token = authorization.decode("latin-1").partition(" ")[2].strip().lower()
            return Credential("token", self.authentication.vault.lookup(token))
        session = session_in(headers)
        if session is None:
            raise AuthenticationRequired
        return Credential("session", digest_of(session))


@asynccontextmanager
async def pushing(app: FastAPI) -> AsyncIterator[None]:
    """Keeps `app.state.push`. Nothing is read before the first socket or stream opens."""
    state = app.state
    hub = Hub(state.database)
    admission = Admission(hub, state.database, state.peers, state.upstreams)
    sockets = Sockets(state.settings, state.database, state.authentication, state.gate, hub, admission)
    state.push = Push(state.settings, state.database, state.authentication, hub, admission, sockets)
    guarding = asyncio.create_task(guard(state.database, hub))
    try:
        yield
    finally:
        guarding.cancel()
        with suppress(asyncio.CancelledError):
            await guarding
        await hub.stop()
