"""An outlet: what one open socket or stream has still to be sent.

The hub puts messages in; whoever serves the connection takes them out. At most so many wait: a client that reads more
slowly than things happen is closed, and resumes where it was.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Literal, NamedTuple

from gateway.push.domain.channels import Channel
from gateway.push.store import Running

MOST_WAITING = 1000

GOING_AWAY = 1012
AGAIN_LATER = 1013
NOT_SIGNED_IN = 4401
NOT_ALLOWED = 4403
NO_SUCH_CHANNEL = 4404
TOO_SLOW_TO_SIGN_IN = 4408
TOO_MANY = 4429


class Closing(NamedTuple):
    """Why a connection ends: a WebSocket close code, and a sentence."""

    code: int
    reason: str


STOPPING = Closing(GOING_AWAY, "The server restarts. Connect again, and resume.")
TOO_SLOW = Closing(AGAIN_LATER, "Messages came faster than you read them. Connect again, and resume.")
SIGNED_OUT = Closing(NOT_SIGNED_IN, "You are no longer signed in.")
FORBIDDEN = Closing(NOT_ALLOWED, "This channel is no longer yours.")


class Item(NamedTuple):
    """Something to send. `number` is the message's id; 0 for what is not in the log."""

    number: int
    text: str


@dataclass(frozen=True)
class Credential:
    """What a person signed in with, as the database finds it."""

    kind: Literal["token", "session"]
    key: bytes


class Outlet:
    """Filled by the hub, emptied by its connection. Not for several loops."""

    def __init__(self, channel: Channel, credential: Credential) -> None:
        self.channel = channel
        self.credential = credential
        self.audiences: frozenset[str] = frozenset()
        self.start = 0
        """Messages after this one come by themselves; those up to it only by resuming."""
        self.attempt: Running | None = None
        self.closing: Closing | None = None
        self._waiting: deque[Item] = deque()
        self._changed = asyncio.Event()
        self._is_held = True

    def put(self, text: str, number: int = 0) -> None:
        """Let it wait for its turn; not what the client has already."""
        if self.closing is not None or 0 < number <= self.start:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.close(TOO_SLOW)
            return
        self._waiting.append(Item(number, text))
        self._changed.set()

    def skip(self, upto: int) -> None:
        """The client has these already."""
        self.start = max(self.start, upto)
        self._waiting = deque(item for item in self._waiting if not 0 < item.number <= upto)

    def hold(self) -> None:
        """Hand out nothing, as in the beginning: something else goes first."""
        self._is_held = True

    def release(self) -> None:
        self._is_held = False
        self._changed.set()

    def close(self, closing: Closing) -> None:
        """End it; what waits is not sent."""
        if self.closing is None:
            self.closing = closing
            self._waiting.clear()
            self._changed.set()

    async def next(self) -> Item | None:
        """The next to send; None once it is to be closed."""
        while True:
            if self.closing is not None:
                return None
            if self._waiting and not self._is_held:
                return self._waiting.popleft()
            self._changed.clear()
            await self._changed.wait()
