"""The WebSocket entrance: who it is, what they may open, and then what happens, as it happens.

client                                     server
{"type": "authenticate", "token"}     ->   {"type": "authenticated", …}    (or a session cookie, from our own page)
{"type": "resume", "last_event_id"}   ->   what was missed, then what happens; each message once
{"type": "ping"}                      ->   {"type": "pong"}
"""

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from gateway.authentication import Authentication, Holder
from gateway.identity.cookies import session_in
from gateway.identity.domain.access import AccountDeactivated
from gateway.identity.secret import digest_of
from gateway.limits.gate import Gate
from gateway.push.admission import Admission, Person
from gateway.push.domain.channels import address_of
from gateway.push.domain.origins import is_own_origin
from gateway.push.domain.said import NotUnderstood, last_event_id, message_in, token_in
from gateway.push.hub import Hub
from gateway.push.outlet import (
    AGAIN_LATER,
    NO_SUCH_CHANNEL,
    NOT_ALLOWED,
    NOT_SIGNED_IN,
    TOO_MANY,
    TOO_SLOW_TO_SIGN_IN,
    Closing,
    Credential,
    Outlet,
)
from gateway.push.resume import missed
from gateway.push.store import Logged
from gateway.settings import Settings
from shared.database import Database, is_away
from shared.errors import InvalidToken, NotFound, PermissionDenied, ServiceUnavailable

SIGN_IN_LIMIT_S = 5.0
HELD_S = 0.1
"""How long after signing in messages wait for the client to say what it resumes after."""
CLOSE_LIMIT_S = 10.0
MOST_SAID, PERIOD_S = 60, 10.0
"""Messages that a client may send in so many seconds."""
GARBLED = 1008


class Ended(Exception):
    """The connection is to be closed, for this reason."""

    def __init__(self, code: int, reason: str) -> None:
        self.closing = Closing(code, reason)


class Gone(Exception):
    """The client has closed the connection."""


class Sockets:
    """Serves all sockets of this process."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        authentication: Authentication,
        gate: Gate,
        hub: Hub,
        admission: Admission,
    ) -> None:
        self._settings = settings
        self._database = database
        self._authentication = authentication
        self._gate = gate
        self._hub = hub
        self._admission = admission
        self._signing_in = 0

    async def serve(self, scope: Scope, receive: Receive, send: Send, client: str) -> None:
        """One socket, from its opening to its end."""
        await receive()
        await send({"type": "websocket.accept"})
        try:
            outlet = await self._enter(scope, receive, client)
        except Gone:
            return
        except Ended as ended:
            await _close(send, ended.closing)
            return
        try:
            await _Conversation(self._database, outlet, receive, send).run()
        finally:
            self._hub.close(outlet)

    async def _enter(self, scope: Scope, receive: Receive, client: str) -> Outlet:
        if (await self._gate.enter("GET", "/ws/", None, client)).refused is not None:
            raise Ended(TOO_MANY, "Too many connections. Wait a minute.")
        address = address_of(scope["path"])
        if address is None:
            raise Ended(NO_SUCH_CHANNEL, "There is no such channel.")
        if len(self._hub) + self._signing_in >= self._settings.push_connections:
            raise Ended(AGAIN_LATER, "No more connections here. Try again soon.")
        self._signing_in += 1
        try:
            person = await self._sign_in(scope, receive)
            if self._hub.count_of(person.user_id) >= self._settings.push_connections_user:
                most = self._settings.push_connections_user
                raise Ended(TOO_MANY, f"You have {most} connections open already.")
            return await self._admission.admit(person, address)
        except PermissionDenied as error:
            raise Ended(NOT_ALLOWED, "This channel is not yours.") from error
        except NotFound as error:
            raise Ended(NO_SUCH_CHANNEL, "There is no such course or assessment.") from error
        except ServiceUnavailable as error:
            raise Ended(AGAIN_LATER, error.message) from error
        except Exception as error:
            if not is_away(error):
                raise
            raise Ended(AGAIN_LATER, ServiceUnavailable.message) from error
        finally:
            self._signing_in -= 1

    async def _sign_in(self, scope: Scope, receive: Receive) -> Person:
        """By header, by cookie, or by the first message."""
        headers = Headers(scope=scope)
        authorization = headers.get("authorization")
        if authorization is not None:
            return await self._by_token(authorization.partition(" ")[2])
        session = session_in(scope["headers"])
        if session is not None:
            if not is_own_origin(headers.get("origin"), headers.get("host"), self._settings.public_url):
                raise Ended(NOT_ALLOWED, "A session cookie counts from our own pages only. Authenticate by token.")
            holder = await self._authentication.session_holder(session)
            if holder is not None:
                return self._person(holder, Credential("session", digest_of(session)))
        try:
            async with asyncio.timeout(SIGN_IN_LIMIT_S):
                text = await _heard(receive)
        except TimeoutError as error:
            raise Ended(TOO_SLOW_TO_SIGN_IN, f"Nobody signed in within {SIGN_IN_LIMIT_S:.0f} s.") from error
        try:
            token = token_in(message_in(text))
        except NotUnderstood:
            token = None
        if token is None:
            raise Ended(NOT_SIGNED_IN, 'Begin with {"type": "authenticate", "token": …}.')
        return await self._by_token(token)

    async def _by_token(self, token: str) -> Person:
        try:
            holder = await self._authentication.token_holder(token)
        except (InvalidToken, AccountDeactivated) as error:
            raise Ended(NOT_SIGNED_IN, error.message) from error
        key = self._authentication.vault.lookup(token.strip().lower())
        return self._person(holder, Credential("token", key))

    def _person(self, holder: Holder, credential: Credential) -> Person:
        return Person(holder.user_id, holder.role, credential, self._authentication.signature_of(holder))


class _Conversation:
    """An open socket: one task sends, this one listens."""

    def __init__(self, database: Database, outlet: Outlet, receive: Receive, send: Send) -> None:
        self._database = database
        self._outlet = outlet
        self._receive = receive
        self._send = send
        self._has_resumed = False
        self._release: asyncio.TimerHandle
        self._said: list[float] = []

    async def run(self) -> None:
        outlet = self._outlet
        data = {"user_id": outlet.channel.user_id, "last_event_id": outlet.start}
        await self._say("authenticated", data)
        self._release = asyncio.get_running_loop().call_later(HELD_S, outlet.release)
        listening = asyncio.timeout(None)
        sending = asyncio.create_task(self._send_all(listening))
        try:
            async with listening:
                await self._listen()
        except (Gone, TimeoutError):
            pass
        finally:
            self._release.cancel()
            sending.cancel()

    async def _send_all(self, listening: asyncio.Timeout) -> None:
        """Until the outlet closes. A client that reads nothing any more is not waited for."""
        outlet = self._outlet
        while (item := await outlet.next()) is not None:
            await self._send({"type": "websocket.send", "text": item.text})
        assert outlet.closing is not None
        await _close(self._send, outlet.closing)
        listening.reschedule(asyncio.get_running_loop().time() + CLOSE_LIMIT_S)

    async def _listen(self) -> None:
        while True:
            text = await _heard(self._receive)
            if self._outlet.closing is not None:
                continue
            if self._is_too_much():
                self._outlet.close(Closing(GARBLED, f"More than {MOST_SAID} messages in {PERIOD_S:.0f} s."))
                continue
            try:
                await self._answer(message_in(text))
            except NotUnderstood as error:
                self._outlet.put(_text("error", {"message": str(error)}))

    async def _answer(self, said: dict[str, Any]) -> None:
        """What is of no known type is ignored: newer clients may say more."""
        if said["type"] == "ping":
            self._outlet.put(_text("pong", None))
        elif said["type"] == "resume" and not self._has_resumed:
            await self._resume(last_event_id(said.get("last_event_id")))

    async def _resume(self, last: int) -> None:
        """Send what was missed, and only then what happens. Once: another one would repeat what was sent."""
        self._has_resumed = True
        outlet = self._outlet
        self._release.cancel()  # or it would let live messages in between
        outlet.hold()
        try:
            async for message in missed(self._database, outlet, last):
                text = message.text() if isinstance(message, Logged) else message
                await self._send({"type": "websocket.send", "text": text})
        except Exception as error:
            if not is_away(error):
                raise
            outlet.close(Closing(AGAIN_LATER, ServiceUnavailable.message))
        finally:
            outlet.release()

    def _is_too_much(self) -> bool:
        now = time.monotonic()
        self._said = [*(at for at in self._said if at > now - PERIOD_S), now]
        return len(self._said) > MOST_SAID

    async def _say(self, kind: str, data: dict[str, Any] | None) -> None:
        await self._send({"type": "websocket.send", "text": _text(kind, data)})


async def _heard(receive: Receive) -> str | None:
    """The next text; None for a binary message. Raises Gone."""
    message = await receive()
    if message["type"] == "websocket.disconnect":
        raise Gone
    text: str | None = message.get("text")
    return text


async def _close(send: Send, closing: Closing) -> None:
    await send({"type": "websocket.close", "code": closing.code, "reason": closing.reason})


def _text(kind: str, data: dict[str, Any] | None) -> str:
    time = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return json.dumps({"type": kind, "timestamp": time} | ({} if data is None else {"data": data}))
