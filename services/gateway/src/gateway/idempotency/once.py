"""Doing a request once: take its key, let it be served, keep the answer before it goes out.

The service's commit and ours are two transactions. When this process dies between them, the key is taken until its
lease ends (409 meanwhile), and a repetition after that is served anew; the key goes along as
`X-Syllabus-Idempotency-Key`, with which a service can tell.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

import structlog
from sqlalchemy.exc import IntegrityError
from starlette.types import Message, Receive, Send

from gateway.idempotency.store import Found, Use, claim, keep, release
from gateway.idempotency.vault import Answer, AnswerVault
from shared import problems
from shared.database import Database
from shared.errors import InvalidToken, ServiceUnavailable

LARGEST_KEPT = 256 * 1024
"""Of an answer's body. One that is larger goes out once; a repetition is told that it was done."""
_HASHED_AT_ONCE = 256 * 1024

Serve = Callable[[Receive, Send], Awaitable[None]]

log = structlog.get_logger()


class Idempotency:
    """Does requests once."""

    def __init__(self, database: Database, vault: AnswerVault) -> None:
        self._database = database
        self._vault = vault

    async def once(self, user_id: int, key: str, target: str, kind: bytes, body: bytes, serve: Serve) -> Serve:
        """What answers this request: `serve`, with the key taken and the answer kept, or the answer there is.

        `target` is the path with its query, `kind` the content type. What is returned must be called.
        Raises InvalidToken when there is no such user any more.
        """
        fingerprint = await self._fingerprint(target, kind, body)
        use = Use(user_id, key, uuid4())
        now = datetime.now(UTC)
        try:
            async with self._database.transaction() as session:
                found = await claim(session, use, fingerprint, now=now)
        except IntegrityError as error:  # the user is gone, and their token only remembered
            raise InvalidToken from error
        if found is not None:
            return _giving(self._repeated(found, fingerprint, user_id, now=now))

        async def serve_once(receive: Receive, send: Send) -> None:
            await self._serve(use, serve, receive, send)

        return serve_once

    async def _serve(self, use: Use, serve: Serve, receive: Receive, send: Send) -> None:
        recorder = Recorder(send, lambda answer, status: self._settle(use, answer, status))
        try:
            # A client that goes away does not end the work: it may come again for the answer.
            await serve(_deaf(receive), recorder)
        except Exception:
            if not recorder.settled:
                await self._release(use)
            raise
        if not recorder.settled:  # the service broke off in the middle of its answer
            await self._release(use)
            raise ServiceUnavailable

    async def _settle(self, use: Use, answer: Answer | None, status: int) -> None:
        """Keep an answer, or give the key back when it was a failure. A database that is away keeps nothing up."""
        if status >= 500:
            await self._release(use)
            return
        sealed = self._vault.seal(answer, use.user_id) if answer is not None else None
        try:
            async with self._database.transaction() as session:
                await keep(session, use, status, sealed)
        except Exception as error:
            log.error("answer not kept; a repetition is served anew after the lease", error=type(error).__name__)

    async def _release(self, use: Use) -> None:
        try:
            async with self._database.transaction() as session:
                await release(session, use)
        except Exception as error:
            log.error("key not given back; its lease ends by itself", error=type(error).__name__)

    async def _fingerprint(self, target: str, kind: bytes, body: bytes) -> bytes:
        if len(body) <= _HASHED_AT_ONCE:
            return self._vault.fingerprint(target, kind, body)
        return await asyncio.to_thread(self._vault.fingerprint, target, kind, body)

    def _repeated(self, found: Found, fingerprint: bytes, user_id: int, *, now: datetime) -> Answer:
        """The answer to a request whose key is taken."""
        if found.fingerprint != fingerprint:
            return _problem(400, "IDEMPOTENCY_KEY_REUSED", "This Idempotency-Key was used for another request.")
        if found.status is None:
            wait = max(1, min(2, math.ceil((found.leased_until - now).total_seconds())))
            answer = _problem(409, "REQUEST_IN_PROGRESS", "The first request with this Idempotency-Key is under way.")
            return Answer(answer.status, (*answer.headers, (b"retry-after", b"%d" % wait)), answer.body)
        answer_kept = self._vault.open(found.answer, user_id) if found.answer is not None else None
        if answer_kept is None:
            sentence = "The first request with this Idempotency-Key was carried out; its answer was not kept."
            return _problem(409, "ANSWER_NOT_KEPT", sentence, {"status": found.status})
        return Answer(answer_kept.status, (*answer_kept.headers, (b"idempotent-replayed", b"true")), answer_kept.body)


class Recorder:
    """A `send` that holds an answer back until it is settled, or too large to be kept."""

    def __init__(self, send: Send, settle: Callable[[Answer | None, int], Awaitable[None]]) -> None:
        self._send = send
        self._settle = settle
        self._start: Message = {}
        self._held = bytearray()
        self.settled = False

    async def __call__(self, message: Message) -> None:
        if self.settled:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start = message
        else:
            self._held += message.get("body", b"")
            more = message.get("more_body", False)
            if not more or len(self._held) > LARGEST_KEPT:
                await self._let_go(more=more)

    async def _let_go(self, *, more: bool) -> None:
        status = self._start["status"]
        answer = None
        if len(self._held) <= LARGEST_KEPT:
            answer = Answer(
                status,
                tuple((name.lower(), value) for name, value in self._start.get("headers", ())),
                bytes(self._held),
            )
        await self._settle(answer, status)
        self.settled = True
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": bytes(self._held), "more_body": more})
        self._held.clear()


def _giving(answer: Answer) -> Serve:
    async def give(receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        await send({"type": "http.response.body", "body": answer.body})

    return give


def _problem(status: int, code: str, message: str, details: dict[str, int] | None = None) -> Answer:
    made = problems.problem(status, code, message, details)
    return Answer(status, tuple(made.raw_headers), bytes(made.body))


def _deaf(receive: Receive) -> Receive:
    """`receive` that waits for ever where the client has gone."""

    async def receive_until_gone() -> Message:
        message = await receive()
        if message["type"] == "http.disconnect":
            await asyncio.Event().wait()
        return message

    return receive_until_gone
