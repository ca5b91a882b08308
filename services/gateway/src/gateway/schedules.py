"""The clock entrance: mails are sent, people notified, webhooks called, deadlines told, what has expired forgotten."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deadlines import REMIND
from gateway.idempotency.store import forget_old_keys
from gateway.identity.letters import letters
from gateway.identity.watch import KEPT_S
from gateway.mail.carriers import carrier_of
from gateway.mail.letter import Letter
from gateway.mail.queue import Write, send_due
from gateway.models import IdentityChange, MailLink, Session
from gateway.notifications import schedules as notifications
from gateway.notifications.letters import NOTIFYING, notification_letters
from gateway.push.schedules import trim
from gateway.settings import Settings
from gateway.webhooks import schedules as webhooks
from shared.database import Database
from shared.worker import Schedule

_OLD_ERASURES = text("""
    DELETE FROM jobs
    WHERE kind = 'gateway.erasure' AND state = 'completed' AND created_date < now() - interval '30 days'
""")


def schedules(settings: Settings) -> tuple[Schedule, ...]:
    write, carry = all_letters(settings), carrier_of(settings)

    async def send_mails(database: Database) -> None:
        await send_due(database, write, carry, settings.mail_sender, now=datetime.now(UTC))

    return (
        Schedule(1, send_mails, "SELECT 1 FROM mails WHERE next_attempt_at <= now() LIMIT 1"),
        Schedule(600, forget_keys),
        Schedule(3600, forget_expired),
        REMIND,
        Schedule(3600, trim),
        *notifications.SCHEDULES,
        *webhooks.schedules(settings),
    )


def all_letters(settings: Settings) -> Write:
    """How every mail is written: those about accounts, and those that tell of notifications."""
    about_accounts, about_notifications = letters(settings), notification_letters(settings)

    async def write(session: AsyncSession, kind: str, recipient: str, now: datetime) -> Letter | None:
        chosen = about_notifications if kind.startswith(NOTIFYING) else about_accounts
        return await chosen(session, kind, recipient, now)

    return write


async def forget_expired(database: Database) -> None:
    """Sessions and links that are over, which are not honoured before that either, and changes that all know of.

    Safe to repeat.
    """
    now = datetime.now(UTC)
    async with database.transaction() as session:
        await session.execute(delete(Session).where(Session.expires_at <= now))
        await session.execute(delete(MailLink).where(MailLink.expires_at <= now))
        await session.execute(delete(IdentityChange).where(IdentityChange.changed_at < now - timedelta(seconds=KEPT_S)))
        await session.execute(_OLD_ERASURES)


async def forget_keys(database: Database) -> None:
    """Idempotency keys that are over."""
    await forget_old_keys(database, now=datetime.now(UTC))
