"""Hashing of passwords, off the event loop and bounded: argon2id takes a processor for about a tenth of a second."""

import functools
import secrets
from asyncio import wrap_future
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from shared.errors import ServiceUnavailable

# One lane, so that a login takes one processor and not all of them; memory as OWASP's first choice, one more pass.
_HASHER = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=47_104, parallelism=1),))

T = TypeVar("T")


@dataclass(frozen=True)
class Verdict:
    """Whether a password was right, and the hash to store instead of one made with weaker parameters."""

    right: bool
    better_hash: str | None = None


class Passwords:
    """Hashes at most `threads` passwords at once, while at most `queue` more wait."""

    def __init__(self, *, threads: int, queue: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._places = BoundedSemaphore(threads + queue)

    async def hash(self, password: str) -> str:
        """Raises ServiceUnavailable when too many wait already."""
        return await self._run(hash_password, password)

    async def verify(self, password: str, known: str | None) -> Verdict:
        """Compare with the hash that is stored. Without one it takes as long, and is wrong.

        Raises ServiceUnavailable when too many wait already.
        """
        return await self._run(_verify, password, known)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        if not self._places.acquire(blocking=False):
            raise ServiceUnavailable("Too many people are logging in at the moment. Try again soon.")
        job = self._pool.submit(work, *arguments)
        # Freed when the thread is done, not when the caller stops waiting.
        job.add_done_callback(lambda _: self._places.release())
        return await wrap_future(job)


def hash_password(password: str) -> str:
    """Takes a tenth of a second: for commands at a terminal; requests use `Passwords`."""
    return _HASHER.hash(password)


def _verify(password: str, known: str | None) -> Verdict:
    right, better = _HASHER.verify_and_update(password, known or _hash_of_nobody())
    return Verdict(right and known is not None, better if known is not None else None)


@functools.cache
def _hash_of_nobody() -> str:
    """A hash that no password fits."""
    return _HASHER.hash(secrets.token_hex())


async def _passwords(request: Request) -> Passwords:
    passwords: Passwords = request.app.state.passwords
    return passwords


UsePasswords = Annotated[Passwords, Depends(_passwords)]
"""Route parameter: the hashing of passwords."""
