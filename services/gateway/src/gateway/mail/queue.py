"""The mails that are to be sent.

`post` writes one down in the transaction of what causes it; `send_due` sends what is due, in any number of processes at
once. A mail whose sender dies between sending and forgetting is sent twice; none is lost but after the last attempt.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.mail.carriers import Carry, NotSent
from gateway.mail.letter import Letter, message_of
from gateway.models import Mail
from shared.database import Database

MOST_ATTEMPTS = 8
"""Over about an hour."""
FIRST_WAIT = timedelta(seconds=30)
"""Longer than an attempt takes, so that two never try the same mail at once."""
MOST_AT_ONCE = 100
"""Sent in one round; the rest waits for the next."""

Write = Callable[[AsyncSession, str, str, datetime], Awaitable[Letter | None]]
"""Of kind, recipient and time makes a letter; None where there is nobody to write to, or no reason any more."""

_POST_ALL = text("""
    INSERT INTO mails (kind, recipient, created_date, attempts, next_attempt_at)
    SELECT kind, recipient, :now, 0, :now
    FROM unnest(CAST(:kinds AS text[]), CAST(:recipients AS text[])) AS mail (kind, recipient)
""")

log = structlog.get_logger()


@dataclass(frozen=True)
class Due:
    """A mail that this process is to try now."""

    id: int
    kind: str
    recipient: str
    attempts: int
    """With this one."""


def wait_after(attempts: int) -> timedelta:
    """Between this attempt and the next; twice as long each time."""
    return FIRST_WAIT * (1 << (attempts - 1))


async def post(session: AsyncSession, kind: str, recipient: str, *, now: datetime) -> None:
    """Have a mail sent, if this transaction commits."""
    session.add(Mail(kind=kind, recipient=recipient, created_date=now, attempts=0, next_attempt_at=now))
    await session.flush()


async def post_all(session: AsyncSession, mails: Sequence[tuple[str, str]], *, now: datetime) -> None:
    """Have many mails sent, given by kind and recipient. One statement."""
    if mails:
        kinds, recipients = zip(*mails, strict=True)
        await session.execute(_POST_ALL, {"kinds": list(kinds), "recipients": list(recipients), "now": now})


async def send_due(database: Database, write: Write, carry: Carry, sender: str, *, now: datetime) -> None:
    """Send what is due, one after the other; stop for this time when the server cannot be had."""
    for _ in range(MOST_AT_ONCE):
        due = await _take(database, now)
        if due is None or not await _send(database, due, write, carry, sender, now):
            return


async def _take(database: Database, now: datetime) -> Due | None:
    """Count the attempt before it is made, so that a mail that ends the process is given up too."""
    due = select(Mail).where(Mail.next_attempt_at <= now).order_by(Mail.next_attempt_at, Mail.id).limit(1)
    async with database.transaction() as session:
        mail = await session.scalar(due.with_for_update(skip_locked=True))
        if mail is None:
            return None
        mail.attempts += 1
        mail.next_attempt_at = now + wait_after(mail.attempts)
        return Due(mail.id, mail.kind, mail.recipient, mail.attempts)


async def _send(database: Database, due: Due, write: Write, carry: Carry, sender: str, now: datetime) -> bool:
    """False when there is no use in trying others now."""
    if due.attempts > MOST_ATTEMPTS:  # writing it failed each time, or ended the process
        log.error("mail given up", kind=due.kind, attempts=MOST_ATTEMPTS, reason="it could not be written")
        await _forget(database, due)
        return True
    async with database.transaction() as session:
        letter = await write(session, due.kind, due.recipient, now)
    if letter is not None:
        try:
            await carry(message_of(letter, sender, now=now))
        except NotSent as failure:
            if not _is_final(due, failure):
                return False
        else:
            log.info("mail sent", kind=due.kind, attempts=due.attempts)
    await _forget(database, due)
    return True


def _is_final(due: Due, failure: NotSent) -> bool:
    """Whether it was the last attempt; the log is told."""
    final = failure.for_good or due.attempts >= MOST_ATTEMPTS
    tell = log.error if final else log.warning
    tell("mail given up" if final else "mail put off", kind=due.kind, attempts=due.attempts, reason=str(failure))
    return final


async def _forget(database: Database, due: Due) -> None:
    async with database.transaction() as session:
        await session.execute(delete(Mail).where(Mail.id == due.id))
