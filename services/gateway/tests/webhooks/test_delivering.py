"""Events reach a server that really listens: signed, in order, again until they are taken."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from sqlalchemy import text

from gateway.webhooks.caller import open_caller
from gateway.webhooks.commands import delivering
from gateway.webhooks.commands.collecting import forget_old_deliveries
from gateway.webhooks.commands.delivering import deliver_next
from gateway.webhooks.commands.subscriptions import forget_old_secrets
from gateway.webhooks.domain.addresses import networks_in
from gateway.webhooks.domain.retries import MOST_ATTEMPTS
from gateway.webhooks.domain.signing import signed_headers
from gateway.webhooks.vault import SecretVault
from shared.contracts.log import LogEntry, LogPage
from shared.testing import ServiceUnderTest


class TestDelivery:
    async def test_is_signed_and_in_order_and_once(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        await hooks.happen(1, 2, 3)
        for _ in range(2):
            await hooks.run()
        assert [event["sequence"] for event in receiver.events] == [1, 2, 3]
        assert set(receiver.events[0]) == {"id", "type", "source", "subject", "time", "sequence", "data"}
        for headers, body in receiver.got:
            at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
            signed = signed_headers([made["secret"]], headers["webhook-id"], body, now=at)
            assert signed["webhook-signature"] == headers["webhook-signature"]
            assert headers["content-type"] == "application/json"
            assert abs(at - datetime.now(UTC)) < timedelta(minutes=1)
        log = await hooks.deliveries(made["id"])
        assert [one["status"] for one in log] == ["delivered"] * 3
        assert log[0]["log"][0]["status"] == 204

    async def test_begins_with_what_happens_after_it_was_made(self, hooks: Any, receiver: Any) -> None:
        await hooks.happen(1)
        await hooks.make(receiver.url)
        asked = [params for _, path, params in hooks.gateway.peers.asked if path == "/internal/events/"]
        assert asked == [{"after": 0, "limit": 0}] * 4, "no log is read through to find its end"
        await hooks.happen(2)
        await hooks.run()
        assert [event["sequence"] for event in receiver.events] == [2]

    async def test_has_the_types_asked_for_only(self, hooks: Any, receiver: Any) -> None:
        await hooks.make(receiver.url, "enrollment.*")
        await hooks.happen(1)
        await hooks.run()
        assert receiver.got == []

    async def test_what_carries_right_answers_stays_inside(
        self, gateway: ServiceUnderTest, hooks: Any, receiver: Any
    ) -> None:
        await hooks.make(receiver.url, "*")
        kinds = ("catalog.assessment.imported.v1", "catalog.course.created.v1")
        entries = [
            LogEntry(
                position=place, id=f"{place}", type=kind, source="/catalog", subject="course/1",
                time=datetime.now(UTC) + timedelta(seconds=1), sequence=1, data={},
            )
            for place, kind in enumerate(kinds, 1)
        ]  # fmt: skip
        gateway.peers.answer("catalog", "/internal/events/", LogPage(results=entries, next=2))
        await hooks.run()
        assert [event["type"] for event in receiver.events] == ["catalog.course.created.v1"]
        asked = [params["type"] for _, _, params in gateway.peers.asked if "type" in params]
        assert asked
        assert not any("catalog.assessment.imported.v1" in types for types in asked)

    async def test_a_service_that_is_down_holds_up_only_its_own(
        self, gateway: ServiceUnderTest, hooks: Any, receiver: Any
    ) -> None:
        gateway.peers.answers.clear()
        await hooks.make(receiver.url, "*")
        await hooks.happen(1)
        await hooks.run()
        assert [event["sequence"] for event in receiver.events] == [1]

    async def test_two_webhooks_and_four_processes(self, hooks: Any, receiver: Any) -> None:
        for _ in range(2):
            await hooks.make(receiver.url)
        await hooks.happen(*range(1, 31))
        await asyncio.gather(*(hooks.collect() for _ in range(4)))
        hooks.now = datetime.now(UTC) + timedelta(seconds=1)
        await asyncio.gather(*(hooks.deliver() for _ in range(4)))
        assert sorted(event["sequence"] for event in receiver.events) == sorted([*range(1, 31)] * 2)


class TestAnotherSecret:
    async def test_both_sign_for_a_day(self, gateway: ServiceUnderTest, hooks: Any, receiver: Any) -> None:
        first = await hooks.make(receiver.url)
        answer = await hooks.client.post(f"/api/webhooks/{first['id']}/rotate-secret/")
        second = answer.json()
        assert answer.status_code == 200
        assert second["secret"] != first["secret"]
        assert _shown(second) == (await hooks.client.get(f"/api/webhooks/{first['id']}/")).json()
        until = datetime.fromisoformat(second["old_secret_until"])
        await hooks.happen(1, 2)
        await hooks.run()
        hooks.now = until
        await hooks.happen(3)
        await hooks.collect()
        await hooks.deliver()
        secrets = [[second["secret"], first["secret"]]] * 2 + [[second["secret"]]]
        for (headers, body), signing in zip(receiver.got, secrets, strict=True):
            at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
            signed = signed_headers(signing, headers["webhook-id"], body, now=at)
            assert headers["webhook-signature"] == signed["webhook-signature"]

    async def test_a_second_change_ends_the_first(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        path = f"/api/webhooks/{made['id']}/rotate-secret/"
        last = [(await hooks.client.post(path)).json()["secret"] for _ in range(2)]
        await hooks.happen(1)
        await hooks.run()
        ((headers, body),) = receiver.got
        at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signed = signed_headers([*reversed(last)], headers["webhook-id"], body, now=at)
        assert headers["webhook-signature"] == signed["webhook-signature"]

    async def test_what_signs_no_more_is_forgotten(self, gateway: ServiceUnderTest, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        path = f"/api/webhooks/{made['id']}/"
        until = (await hooks.client.post(f"{path}rotate-secret/")).json()["old_secret_until"]
        for now, kept in ((timedelta(seconds=-1), until), (timedelta(0), None)):
            async with gateway.database.transaction() as session:
                await forget_old_secrets(session, now=datetime.fromisoformat(until) + now)
            assert (await hooks.client.get(path)).json()["old_secret_until"] == kept


def _shown(made: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if name != "secret"}


class TestRetry:
    async def test_waits_and_keeps_the_order(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        await hooks.happen(1, 2)
        receiver.answers = lambda _: web.Response(status=500)
        await hooks.run()
        await hooks.deliver(after=timedelta(seconds=4))
        assert [event["sequence"] for event in receiver.events] == [1]
        receiver.answers = lambda _: web.Response()
        await hooks.deliver(after=timedelta(seconds=2))
        assert [event["sequence"] for event in receiver.events] == [1, 1, 2]
        assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 2
        first = (await hooks.deliveries(made["id"]))[-1]
        assert first["attempts"] == 2
        assert [one["error"] for one in first["log"]] == ["It answered 500.", None]

    async def test_after_a_day_it_is_switched_off_and_goes_on_when_it_is_on_again(
        self, hooks: Any, receiver: Any, make_account: Any
    ) -> None:
        admin = await make_account("admin@example.com", role="administrator")
        made = await hooks.make(receiver.url, "gateway.user.*")
        await hooks.happen(1, 2)
        receiver.answers = lambda _: web.Response(status=503)
        await hooks.run()
        for _ in range(MOST_ATTEMPTS + 3):
            await hooks.deliver(after=timedelta(hours=11))
        assert len(receiver.got) == MOST_ATTEMPTS
        shown = (await hooks.client.get(f"/api/webhooks/{made['id']}/")).json()
        assert shown["is_active"] is False
        assert shown["disabled_reason"] == "it failed for a day. At last: It answered 503."
        told = (await hooks.gateway.client(admin.identity).get("/api/notifications/")).json()["results"]
        assert [one["type"] for one in told] == ["webhook_disabled"]
        assert "127.0.0.1" in told[0]["body"]
        await hooks.happen(3)
        receiver.got.clear()
        receiver.answers = lambda _: web.Response()
        await hooks.client.patch(f"/api/webhooks/{made['id']}/", json={"is_active": True})
        await hooks.run()
        assert [event["sequence"] for event in receiver.events] == [2, 3]
        shown = (await hooks.client.get(f"/api/webhooks/{made['id']}/")).json()
        assert (shown["is_active"], shown["disabled_reason"]) == (True, None)

    async def test_gone_switches_it_off_at_once(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        await hooks.happen(1, 2)
        receiver.answers = lambda _: web.Response(status=410)
        await hooks.run()
        assert len(receiver.got) == 1
        shown = (await hooks.client.get(f"/api/webhooks/{made['id']}/")).json()
        assert shown["disabled_reason"] == "it answered 410 Gone."

    async def test_redirects_are_not_followed(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        await hooks.happen(1)
        receiver.answers = lambda _: web.Response(status=307, headers={"Location": receiver.url + "/elsewhere"})
        await hooks.run()
        assert len(receiver.got) == 1
        assert (await hooks.deliveries(made["id"]))[0]["log"][0]["error"] == "Redirects are not followed."

    async def test_nobody_there(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make("http://127.0.0.1:1/")
        await hooks.happen(1)
        await hooks.run()
        log = (await hooks.deliveries(made["id"]))[0]["log"]
        assert (log[0]["status"], log[0]["error"]) == (None, "No connection could be made.")

    async def test_more_than_a_little_is_not_read(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        await hooks.happen(1)
        receiver.answers = lambda _: web.Response(body=b"x" * 5_000_000)
        await hooks.run()
        assert (await hooks.deliveries(made["id"]))[0]["status"] == "delivered"

    async def test_whoever_died_while_calling_is_followed(self, hooks: Any, receiver: Any) -> None:
        await hooks.make(receiver.url)
        await hooks.happen(1)
        await hooks.collect()
        hooks.now = datetime.now(UTC) + timedelta(seconds=1)
        async with hooks.gateway.database.transaction() as session:
            assert await delivering._take(session, hooks.now)
        await hooks.deliver()
        assert receiver.got == []
        await hooks.deliver(after=delivering.HELD)
        assert len(receiver.got) == 1

    async def test_what_a_former_holder_notes_does_not_count(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        await hooks.happen(1)
        await hooks.collect()
        hooks.now = datetime.now(UTC) + timedelta(seconds=1)
        turned_off = False

        def switch_off(_: web.Request) -> web.Response:
            nonlocal turned_off
            turned_off = True
            return web.Response()

        receiver.answers = switch_off
        async with hooks.gateway.database.transaction() as session:
            turn = await delivering._take(session, hooks.now)
        await hooks.client.patch(f"/api/webhooks/{made['id']}/", json={"is_active": False})
        assert turn is not None
        async with open_caller(networks_in("127.0.0.0/8")) as caller:
            async with hooks.gateway.database.reading() as session:
                delivery = await delivering._first(session, made["id"])
            assert delivery is not None
            outcome = await delivering._send(turn, delivery, caller, SecretVault(None), hooks.now)
            async with hooks.gateway.database.transaction() as session:
                assert not await delivering._note(session, turn, delivery.id, outcome, now=hooks.now)
            assert not await deliver_next(hooks.gateway.database, caller, SecretVault(None), lambda: hooks.now)
        assert turned_off
        assert (await hooks.deliveries(made["id"]))[0]["status"] == "pending"


class TestAddresses:
    async def test_a_name_that_leads_inside_is_not_called(self, hooks: Any, receiver: Any) -> None:
        """Looked at when it was made, it had led elsewhere."""
        made = await hooks.make(receiver.url.replace("127.0.0.1", "localhost"))
        await hooks.happen(1)
        hooks.networks = ""
        await hooks.run()
        assert receiver.got == []
        (one,) = await hooks.deliveries(made["id"])
        assert "not public" in one["log"][0]["error"]
        assert "127." not in str(one["log"])

    async def test_nor_an_address_inside(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        await hooks.happen(1)
        hooks.networks = ""
        await hooks.run()
        assert receiver.got == []
        assert "not public" in (await hooks.deliveries(made["id"]))[0]["log"][0]["error"]


async def test_old_deliveries_are_forgotten(hooks: Any, receiver: Any) -> None:
    made = await hooks.make(receiver.url)
    await hooks.happen(1, 2)
    await hooks.run()
    async with hooks.gateway.database.transaction() as session:
        await session.execute(
            text("UPDATE webhook_deliveries SET created_date = now() - interval '31 days' WHERE id % 2 = 0")
        )
        await forget_old_deliveries(session, now=datetime.now(UTC))
    assert len(await hooks.deliveries(made["id"])) == 1
