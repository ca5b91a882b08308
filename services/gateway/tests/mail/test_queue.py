import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.mail.carriers import ATTEMPT_LIMIT_S, NotSent
from gateway.mail.letter import Letter
from gateway.mail.queue import FIRST_WAIT, MOST_AT_ONCE, MOST_ATTEMPTS, post, send_due, wait_after
from shared.testing import ServiceUnderTest

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SENDER = "Syllabus <no-reply@example.com>"


async def _write(session: AsyncSession, kind: str, recipient: str, now: datetime) -> Letter | None:
    if kind == "broken":
        raise RuntimeError
    return None if kind == "unwanted" else Letter(recipient, kind, "Hello.\n")


class Carrier:
    """Takes messages away, or fails as `failing` says of a message."""

    def __init__(self, failing: Callable[[EmailMessage], NotSent | None] = lambda _: None) -> None:
        self.failing = failing
        self.tried: list[str] = []
        self.sent: list[str] = []

    async def __call__(self, message: EmailMessage) -> None:
        self.tried.append(message["To"])
        await asyncio.sleep(0)
        if (failure := self.failing(message)) is not None:
            raise failure
        self.sent.append(message["To"])


async def _post(gateway: ServiceUnderTest, *recipients: str, kind: str = "hello") -> None:
    async with gateway.database.transaction() as session:
        for recipient in recipients:
            await post(session, kind, recipient, now=NOW)


async def _round(gateway: ServiceUnderTest, carrier: Carrier, *, after: timedelta = timedelta(0)) -> None:
    await send_due(gateway.database, _write, carrier, SENDER, now=NOW + after)


async def _waiting(gateway: ServiceUnderTest) -> int:
    async with gateway.database.reading() as session:
        return int(await session.scalar(text("SELECT count(*) FROM mails")) or 0)


class TestSending:
    async def test_is_in_order_and_leaves_nothing(self, gateway: ServiceUnderTest) -> None:
        carrier = Carrier()
        await _post(gateway, "a@example.com", "b@example.com")
        await _round(gateway, carrier)
        await _round(gateway, carrier, after=timedelta(days=1))
        assert carrier.sent == ["a@example.com", "b@example.com"]
        assert await _waiting(gateway) == 0

    async def test_is_not_before_the_commit(self, gateway: ServiceUnderTest) -> None:
        carrier = Carrier()
        async with gateway.database.transaction() as session:
            await post(session, "hello", "a@example.com", now=NOW)
            await _round(gateway, carrier)
            await session.rollback()
        await _round(gateway, carrier)
        assert carrier.tried == []

    async def test_is_shared_by_several(self, gateway: ServiceUnderTest) -> None:
        carrier = Carrier()
        recipients = [f"{n:02}@example.com" for n in range(20)]
        await _post(gateway, *recipients)
        await asyncio.gather(*(_round(gateway, carrier) for _ in range(4)))
        assert sorted(carrier.tried) == recipients

    async def test_has_a_bound_in_one_round(self, gateway: ServiceUnderTest) -> None:
        carrier = Carrier()
        await _post(gateway, *(f"{n}@example.com" for n in range(MOST_AT_ONCE + 1)))
        await _round(gateway, carrier)
        assert await _waiting(gateway) == 1

    async def test_drops_what_is_not_wanted(self, gateway: ServiceUnderTest) -> None:
        carrier = Carrier()
        await _post(gateway, "a@example.com", kind="unwanted")
        await _post(gateway, "b@example.com")
        await _round(gateway, carrier)
        assert carrier.tried == ["b@example.com"]
        assert await _waiting(gateway) == 0


class TestFailure:
    def test_waits_longer_each_time_and_about_an_hour_in_all(self) -> None:
        waits = [wait_after(attempt) for attempt in range(1, MOST_ATTEMPTS)]
        assert waits[0] == FIRST_WAIT > timedelta(seconds=ATTEMPT_LIMIT_S)
        assert all(later == 2 * sooner for sooner, later in itertools.pairwise(waits))
        assert timedelta(minutes=45) < sum(waits, timedelta()) < timedelta(minutes=90)

    async def test_puts_off_and_ends_the_round(self, gateway: ServiceUnderTest) -> None:
        carrier = Carrier(lambda _: NotSent("away"))
        await _post(gateway, "a@example.com", "b@example.com")
        await _round(gateway, carrier)
        assert carrier.tried == ["a@example.com"]
        carrier.failing = lambda _: None
        await _round(gateway, carrier, after=timedelta(seconds=1))
        assert carrier.sent == ["b@example.com"]
        await _round(gateway, carrier, after=FIRST_WAIT)
        assert carrier.sent == ["b@example.com", "a@example.com"]

    async def test_for_good_is_given_up_at_once_and_the_others_go_on(self, gateway: ServiceUnderTest) -> None:
        carrier = Carrier(lambda message: NotSent("no", for_good=True) if message["To"] == "a@example.com" else None)
        await _post(gateway, "a@example.com", "b@example.com")
        await _round(gateway, carrier)
        assert carrier.sent == ["b@example.com"]
        assert await _waiting(gateway) == 0

    async def test_ends_after_the_last_attempt(self, gateway: ServiceUnderTest) -> None:
        carrier = Carrier(lambda _: NotSent("away"))
        await _post(gateway, "a@example.com")
        for day in range(MOST_ATTEMPTS + 2):
            await _round(gateway, carrier, after=timedelta(days=day))
        assert len(carrier.tried) == MOST_ATTEMPTS
        assert await _waiting(gateway) == 0

    async def test_of_writing_stops_no_other_mail_for_long_and_ends_too(self, gateway: ServiceUnderTest) -> None:
        carrier = Carrier()
        await _post(gateway, "a@example.com", kind="broken")
        await _post(gateway, "b@example.com")
        with pytest.raises(RuntimeError):
            await _round(gateway, carrier)
        await _round(gateway, carrier, after=timedelta(seconds=1))
        assert carrier.sent == ["b@example.com"]
        for day in range(1, MOST_ATTEMPTS):
            with pytest.raises(RuntimeError):
                await _round(gateway, carrier, after=timedelta(days=day))
        await _round(gateway, carrier, after=timedelta(days=MOST_ATTEMPTS))
        assert await _waiting(gateway) == 0
