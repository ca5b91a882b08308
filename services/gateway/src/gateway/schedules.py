"""The clock entrance: mails are sent, and what has expired is forgotten."""

from datetime import UTC, datetime

from sqlalchemy import delete, text

from gateway.idempotency.store import forget_old_keys
from gateway.identity.letters import letters
from gateway.mail.carriers import carrier_of
from gateway.mail.queue import send_due
from gateway.models import MailLink, Session
from gateway.settings import Settings
from shared.database import Database
from shared.worker import Schedule

_OLD_ERASURES = text("""
    DELETE FROM jobs
    WHERE kind = 'gateway.erasure' AND state = 'completed' AND created_date < now() - interval '30 days'
""")


def schedules(settings: Settings) -> tuple[Schedule, ...]:
    write, carry = letters(settings), carrier_of(settings)

    async def send_mails(database: Database) -> None:
        await send_due(database, write, carry, settings.mail_sender, now=datetime.now(UTC))

    return Schedule(1, send_mails), Schedule(600, forget_keys), Schedule(3600, forget_expired)


async def forget_expired(database: Database) -> None:
    """Sessions and links that are over; they are not honoured before that either. Safe to repeat."""
    now = datetime.now(UTC)
    async with database.transaction() as session:
        await session.execute(delete(Session).where(Session.expires_at <= now))
        await session.execute(delete(MailLink).where(MailLink.expires_at <= now))
        await session.execute(_OLD_ERASURES)


async def forget_keys(database: Database) -> None:
    """Idempotency keys that are over."""
    await forget_old_keys(database, now=datetime.now(UTC))
