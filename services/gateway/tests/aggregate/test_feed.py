"""The feed of all events."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text

from gateway.aggregate import feed
from gateway.aggregate.feed import merge, read_cursor, write_cursor
from shared import outbox
from shared.contracts.gateway.events import UserRegistered
from shared.contracts.log import LogEntry, LogPage
from shared.errors import Invalid
from shared.testing import ServiceUnderTest, user

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
OTHERS = ("catalog", "enrollment", "assessment", "certificate")


def entry(position: int, minute: int, source: str = "catalog") -> LogEntry:
    return LogEntry(
        position=position, id=f"{source}-{position}", type=f"{source}.course.updated.v1", source=f"/{source}",
        subject="course/1", time=BEGIN + timedelta(minutes=minute), sequence=position, data={},
    )  # fmt: skip


class TestMerge:
    def test_logs_are_merged_by_time_and_each_keeps_its_order(self) -> None:
        pages = {
            "catalog": LogPage(results=[entry(1, 5), entry(2, 1), entry(3, 9)], next=3),
            "enrollment": LogPage(results=[entry(7, 2, "enrollment"), entry(8, 8, "enrollment")], next=8),
        }
        results, places = merge(pages, {"gateway": 4}, 10)  # type: ignore[arg-type]
        assert [one.id for one in results if one.source == "/catalog"] == ["catalog-1", "catalog-2", "catalog-3"]
        assert results[0].id == "enrollment-7"
        assert places == {"gateway": 4, "catalog": 3, "enrollment": 8}

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 7])
    def test_following_the_places_gives_every_entry_once(self, size: int) -> None:
        logs = {
            "catalog": [entry(number, number * 3) for number in (1, 2, 5, 9)],
            "enrollment": [entry(number, number * 2, "enrollment") for number in (1, 3, 4, 6, 8)],
        }
        places: dict[str, int] = {}
        seen: list[str] = []
        for _ in range(20):
            pages = {}
            for service, log in logs.items():
                rest = [one for one in log if one.position > places.get(service, 0)][:size]
                pages[service] = LogPage(results=rest, next=rest[-1].position if rest else places.get(service, 0))
            results, places = merge(pages, places, size)  # type: ignore[assignment, arg-type]
            seen += [one.id for one in results]
        assert sorted(seen) == sorted(one.id for log in logs.values() for one in log)


class TestCursor:
    def test_it_comes_back_as_it_went(self) -> None:
        assert read_cursor(write_cursor({"catalog": 5, "gateway": 0})) == {"catalog": 5, "gateway": 0}
        assert read_cursor("") == {}

    @pytest.mark.parametrize("cursor", ["x", "!", "W10", "eyJjYXRhbG9nIjotMX0", "eyJjYXRhbG9nIjoieCJ9", "bnVsbA"])
    def test_what_is_none_is_refused(self, cursor: str) -> None:
        with pytest.raises(Invalid):
            read_cursor(cursor)


class TestRoute:
    async def publish(self, gateway: ServiceUnderTest, *versions: int) -> None:
        """Record events and give them their positions, as the relay does."""
        async with gateway.database.transaction() as session:
            await outbox.record(
                session,
                *(
                    UserRegistered(version=v, user_id=1, full_name="A", role="student", is_active=True)
                    for v in versions
                ),
            )
            marked = (
                "UPDATE outbox SET published_at = now(), position = nextval('outbox_position') WHERE position IS NULL"
            )
            await session.execute(text(marked))

    def others(self, gateway: ServiceUnderTest, *, down: str | None = None) -> None:
        for service in OTHERS:
            if service != down:
                gateway.peers.answer(service, "/internal/events/", LogPage(results=[], next=0))

    async def ask(self, gateway: ServiceUnderTest, **query: object) -> httpx.Response:
        client = gateway.client(user(1, "administrator"))
        return await client.get("/api/events/", params=query)  # type: ignore[arg-type]

    async def test_the_feed_goes_on_where_it_ended(self, gateway: ServiceUnderTest) -> None:
        self.others(gateway)
        await self.publish(gateway, 1, 2, 3)
        first = (await self.ask(gateway, page_size=2)).json()
        assert [event["sequence"] for event in first["results"]] == [1, 2]
        second = (await self.ask(gateway, after=first["next"])).json()
        assert [event["sequence"] for event in second["results"]] == [3]
        assert second["results"][0]["subject"] == "user/1"
        assert second["results"][0]["source"] == "/gateway"
        assert second["degraded"] == []
        assert (await self.ask(gateway, after=second["next"])).json()["results"] == []

    async def test_what_is_not_published_is_not_in_it(self, gateway: ServiceUnderTest) -> None:
        self.others(gateway)
        async with gateway.database.transaction() as session:
            event = UserRegistered(version=1, user_id=1, full_name="A", role="student", is_active=True)
            await outbox.record(session, event)
        assert (await self.ask(gateway, source="gateway")).json()["results"] == []

    async def test_only_the_types_asked_for(self, gateway: ServiceUnderTest) -> None:
        await self.publish(gateway, 1)
        for kind, found in ((UserRegistered.TYPE, 1), ("gateway.user.updated.v1", 0)):
            answer = (await self.ask(gateway, source="gateway", type=kind)).json()
            assert len(answer["results"]) == found

    async def test_a_service_that_is_down_keeps_its_place(self, gateway: ServiceUnderTest) -> None:
        self.others(gateway, down="catalog")
        await self.publish(gateway, 1)
        answer = (await self.ask(gateway)).json()
        assert answer["degraded"] == ["catalog"]
        assert "catalog" not in read_cursor(answer["next"])

    async def test_it_waits_for_an_event(self, gateway: ServiceUnderTest) -> None:
        self.others(gateway)
        assert (await self.ask(gateway, wait=0.3)).json()["results"] == []
        asked = len(gateway.peers.asked)
        assert asked > len(OTHERS)

    async def test_it_is_for_administrators(self, gateway: ServiceUnderTest) -> None:
        statuses = [
            (await gateway.client(caller).get("/api/events/")).status_code
            for caller in (None, user(1), user(1, "instructor"))
        ]
        assert statuses == [401, 403, 403]

    @pytest.mark.parametrize("query", ["after=x", "wait=21", "wait=-1", "page_size=0", "source=mars", "type=%00"])
    async def test_bad_input_is_named(self, gateway: ServiceUnderTest, query: str) -> None:
        answer = await gateway.client(user(1, "administrator")).get(f"/api/events/?{query}")
        assert answer.status_code == 400
        assert query.partition("=")[0] in str(answer.json())


class TestStream:
    """The feed as Server-Sent Events."""

    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(feed, "LONGEST_STREAM_S", 0.2)
        monkeypatch.setattr(feed, "HEARTBEAT_S", 0.05)

    async def stream(self, gateway: ServiceUnderTest, last: str = "") -> list[dict[str, str]]:
        """The messages of one connection; comments have the empty name."""
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        client = gateway.client(user(1, "administrator"))
        answer = await client.get("/api/events/", params={"source": "gateway"}, headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream")
        blocks = answer.text.strip().split("\n\n")
        return [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]

    async def test_brings_every_event_with_its_place(self, gateway: ServiceUnderTest) -> None:
        await TestRoute().publish(gateway, 1, 2, 3)
        first, *rest = await self.stream(gateway)
        assert first == {"retry": "1000"}
        events = [message for message in rest if "data" in message]
        assert [json.loads(event["data"])["sequence"] for event in events] == [1, 2, 3]
        assert {event["event"] for event in events} == {UserRegistered.TYPE}
        assert "position" not in events[0]["data"]
        again = [message for message in await self.stream(gateway, events[1]["id"]) if "data" in message]
        assert [json.loads(event["data"])["sequence"] for event in again] == [3]

    async def test_says_that_it_lives_when_there_is_nothing(self, gateway: ServiceUnderTest) -> None:
        assert {"": "nothing new"} in await self.stream(gateway)

    async def test_a_place_that_is_none_is_400(self, gateway: ServiceUnderTest) -> None:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": "x"}
        answer = await gateway.client(user(1, "administrator")).get("/api/events/", headers=headers)
        assert (answer.status_code, list(answer.json())) == (400, ["after"])
