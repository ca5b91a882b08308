"""Forgetting a user: here at once, in the other services by event."""

import json
from datetime import datetime
from typing import get_args

from sqlalchemy import CursorResult, Delete, delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.commands.sessions import WRONG_PASSWORD
from gateway.identity.commands.users import keep_an_administrator
from gateway.models import IdempotencyKey, Mail, MailLink, Session, Subscription, Token, User
from gateway.notifications.commands.forgetting import forget_reader
from gateway.store import event_of, lock_user
from shared import jobs, outbox
from shared.contracts.erasure import UserDataErased
from shared.contracts.gateway.events import UserErased
from shared.errors import Invalid, NotFound
from shared.settings import ServiceName

KIND = "gateway.erasure"
SERVICES: tuple[ServiceName, ...] = get_args(ServiceName)

_LOCK_JOB = text("""
    SELECT id FROM jobs WHERE kind = 'gateway.erasure' AND user_id = :user_id AND state IN ('queued', 'running')
    FOR UPDATE
""")
_ANSWERED = text("""
    UPDATE job_rows SET state = 'succeeded', result = CAST(:result AS jsonb)
    WHERE job_id = :job_id AND params ->> 'service' = :service AND state = 'waiting' RETURNING number
""")
_COUNT = text("""
    UPDATE jobs SET done = done + 1, message = CASE WHEN done + 1 < total THEN message ELSE :message END,
        state = CASE WHEN done + 1 < total THEN 'running' ELSE 'completed' END
    WHERE id = :job_id
""")
_DONE = "Every service has forgotten the user."


async def erase_user(
    session: AsyncSession, user_id: int, unusable_hash: str, *, verified_hash: str | None = None, now: datetime
) -> jobs.JobStarted:
    """Close an account for ever, blank what is personal, and have the other services do so: the job tells how it goes.

    `verified_hash` is the one that the user's password was found to fit; None for operators, who need none.
    `unusable_hash` is put in its place, and is of a password that nobody knows. Raises NotFound, also for who was
    erased before, and Invalid when the password was changed meanwhile or no active administrator would be left.
    """
    await keep_an_administrator(session, user_id, "non_field_errors")
    user = await lock_user(session, user_id)
    if user.erased_date is not None:
        raise NotFound
    if verified_hash is not None and user.password_hash != verified_hash:
        raise Invalid(password=WRONG_PASSWORD)
    erased = {"users": 1, **await _delete_all_of(session, user)}
    _blank(user, unusable_hash, now=now)
    await session.flush()
    await outbox.record(session, event_of(UserErased, user))
    rows = [{"service": service} for service in SERVICES]
    started = await jobs.start(session, kind=KIND, user_id=user_id, rows=rows)
    await _note(session, started.job_id, "gateway", erased)
    return started


async def note_answer(session: AsyncSession, event: UserDataErased) -> None:
    """A service has forgotten a user: the job says so, and is complete with the last of them. Safe to repeat."""
    job_id = await session.scalar(_LOCK_JOB, {"user_id": event.user_id})
    if job_id is not None:
        await _note(session, job_id, event.owner(), event.erased)


async def _note(session: AsyncSession, job_id: int, service: str, erased: dict[str, int]) -> None:
    wanted = {"job_id": job_id, "service": service, "result": json.dumps({"erased": erased})}
    if await session.scalar(_ANSWERED, wanted) is not None:
        await session.execute(_COUNT, {"job_id": job_id, "message": _DONE})


async def _delete_all_of(session: AsyncSession, user: User) -> dict[str, int]:
    """Everything that hangs on an account; how many rows of which table."""
    of_user = {
        "tokens": delete(Token).where(Token.user_id == user.id),
        "sessions": delete(Session).where(Session.user_id == user.id),
        "mail_links": delete(MailLink).where(MailLink.user_id == user.id),
        "mails": delete(Mail).where(Mail.recipient == user.email),
        "idempotency_keys": delete(IdempotencyKey).where(IdempotencyKey.user_id == user.id),
    }
    subscription = await session.get(Subscription, user.id, with_for_update=True)
    if subscription is not None:
        subscription.tier, subscription.expires_at = "free", None
    counted = {table: await _count(session, statement) for table, statement in of_user.items()}
    return counted | await forget_reader(session, user.id)


async def _count(session: AsyncSession, statement: Delete) -> int:
    result = await session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount


def _blank(user: User, unusable_hash: str, *, now: datetime) -> None:
    user.email = f"erased-{user.id}"  # no address, so that nobody can have registered with it
    user.password_hash = unusable_hash
    user.first_name = user.last_name = ""
    user.role = "student"
    user.is_active = user.is_email_verified = False
    user.erased_date = user.updated_date = now
    user.revision += 1
