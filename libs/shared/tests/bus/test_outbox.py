"""The outbox: what is recorded, and how it is kept."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared import outbox, telemetry
from shared.database import Database
from shared.inbox import KEPT_DAYS
from shared.worker import KEEP_HOUSE


async def rows(database: Database, columns: str = "aggregate_id, version") -> list[tuple[object, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(f"SELECT {columns} FROM outbox ORDER BY id"))]


class TestRecord:
    async def test_events_are_kept_in_the_order_they_were_recorded(self, database: Database, enrolled) -> None:
        async with database.transaction() as session:
            await outbox.record(session, enrolled(5, 1), enrolled(5, 2))
            await outbox.record(session, enrolled(2, 1))
        assert await rows(database) == [("5", 1), ("5", 2), ("2", 1)]

    async def test_nothing_stays_of_a_transaction_that_failed(self, database: Database, enrolled) -> None:
        async def record_and_fail() -> None:
            async with database.transaction() as session:
                await outbox.record(session, enrolled(5))
                raise LookupError("after the event")

        with pytest.raises(LookupError):
            await record_and_fail()
        assert await rows(database) == []

    async def test_it_carries_the_request_and_the_event_that_caused_it(self, database: Database, enrolled) -> None:
        cause = "0198c0de-0000-7000-8000-000000000001"
        telemetry.begin("request-1", cause_id=cause)
        async with database.transaction() as session:
            await outbox.record(session, enrolled(5))
        assert await rows(database, "correlation_id, causation_id::text") == [("request-1", cause)]


class TestPartitions:
    async def partitions(self, database: Database) -> set[str]:
        async with database.reading() as session:
            found = await session.execute(
                text("SELECT relid::regclass::text FROM pg_partition_tree('outbox') WHERE isleaf")
            )
            return {name.split(".")[-1] for name in found.scalars()} - {"outbox_rest"}

    async def test_the_coming_days_have_theirs_and_old_ones_go(self, database: Database, enrolled) -> None:
        today = datetime.now(UTC).date()
        long_ago = today - timedelta(days=60)
        async with database.transaction() as session:
            await outbox.record(session, enrolled(5))  # there is no partition yet: it waits in the default one
            await outbox.maintain_partitions(session, today=long_ago)
        async with database.transaction() as session:
            await outbox.maintain_partitions(session)
            await outbox.maintain_partitions(session)  # a second time changes nothing
        expected = {f"outbox_{today + timedelta(days=ahead):%Y%m%d}" for ahead in range(outbox.MADE_AHEAD_DAYS + 1)}
        assert await self.partitions(database) == expected
        assert await rows(database, "tableoid::regclass::text, aggregate_id") == [(f"outbox_{today:%Y%m%d}", "5")]

    async def test_a_day_with_unpublished_events_is_not_dropped(self, database: Database, enrolled) -> None:
        long_ago = datetime.now(UTC) - timedelta(days=90)
        async with database.transaction() as session:
            await outbox.record(session, enrolled(5))
            await session.execute(text("UPDATE outbox SET recorded_at = :then"), {"then": long_ago})
            await outbox.maintain_partitions(session, today=long_ago.date())
        async with database.transaction() as session:
            await outbox.maintain_partitions(session)
        assert await rows(database) == [("5", 1)]
        async with database.transaction() as session:
            await session.execute(text("UPDATE outbox SET published_at = now()"))
            await outbox.maintain_partitions(session)
        assert await rows(database) == []


async def test_the_house_is_kept(database: Database) -> None:
    """The hourly schedule as it runs: partitions are made ahead, notes of events too old to come again are dropped."""
    async with database.transaction() as session:
        for age, event_id in ((KEPT_DAYS + 1, 1), (KEPT_DAYS - 1, 2)):
            await session.execute(
                text(
                    "INSERT INTO inbox (consumer, event_id, handled_at)"
                    " VALUES ('c', CAST(:id AS uuid), now() - CAST(:age AS interval))"
                ),
                {"id": f"00000000-0000-0000-0000-{event_id:012}", "age": f"{age} days"},
            )
    await KEEP_HOUSE.run(database)
    async with database.reading() as session:
        assert [str(kept)[-1] for kept in await session.scalars(text("SELECT event_id FROM inbox"))] == ["2"]
