"""Webhooks over HTTP."""

import asyncio
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from gateway.webhooks import routes
from gateway.webhooks.commands import subscriptions
from shared.testing import ServiceUnderTest, user

WEBHOOKS = "/api/webhooks/"
GOOD = {"url": "https://203.0.114.9/hook", "event_types": ["gateway.user.registered.v1"]}


class TestMaking:
    async def test_tells_the_secret_once_and_hides_it(self, gateway: ServiceUnderTest, hooks: Any) -> None:
        answer = await hooks.client.post(WEBHOOKS, json=GOOD)
        made = answer.json()
        assert answer.status_code == 201
        assert made["secret"].startswith("whsec_")
        shown = (await hooks.client.get(f"{WEBHOOKS}{made['id']}/")).json()
        assert shown == {name: value for name, value in made.items() if name != "secret"}
        listed = (await hooks.client.get(WEBHOOKS)).json()
        assert listed["results"] == [shown]
        async with gateway.database.reading() as session:
            kept = bytes(await session.scalar(text("SELECT secret FROM webhooks")) or b"")
        assert made["secret"].encode() not in kept

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"url": "http://10.0.0.8/x"}, "url"),
            ({"url": "http://169.254.169.254/latest/meta-data/"}, "url"),
            ({"url": "http://[::1]:8000/"}, "url"),
            ({"url": "http://[::ffff:10.0.0.1]/"}, "url"),
            ({"url": "http://0xa000001/"}, "url"),
            ({"url": "http://167772161/"}, "url"),
            ({"url": "http://0/"}, "url"),
            ({"url": "ftp://example.com/"}, "url"),
            ({"url": "https://user:pass@example.com/"}, "url"),
            ({"url": "https://example.com/" + "x" * 2048}, "url"),
            ({"url": "a\0b"}, "url"),
            ({"url": 5}, "url"),
            ({"url": None}, "url"),
            ({"event_types": []}, "event_types"),
            ({"event_types": ["nothing"]}, "event_types.0"),
            ({"event_types": ["catalog.assessment.imported.v1"]}, "event_types.0"),
            ({"event_types": ["*"] * 101}, "event_types"),
            ({"event_types": "*"}, "event_types"),
            ({"event_types": ["a\0"]}, "event_types.0"),
            ({"is_active": "perhaps"}, "is_active"),
        ],
    )
    async def test_bad_ones_are_named(self, hooks: Any, change: dict[str, Any], field: str) -> None:
        answer = await hooks.client.post(WEBHOOKS, json={**GOOD, **change})
        assert answer.status_code == 400
        assert list(answer.json()) == [field]

    async def test_a_private_address_is_refused_when_changing_too(self, hooks: Any) -> None:
        made = (await hooks.client.post(WEBHOOKS, json=GOOD)).json()
        answer = await hooks.client.patch(f"{WEBHOOKS}{made['id']}/", json={"url": "http://192.168.0.1/"})
        assert (answer.status_code, list(answer.json())) == (400, ["url"])

    async def test_there_is_a_limit_that_two_at_once_do_not_pass(
        self, hooks: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(subscriptions, "MOST_WEBHOOKS", 2)
        answers = await asyncio.gather(*(hooks.client.post(WEBHOOKS, json=GOOD) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 400, 400]

    async def test_a_name_is_looked_up(self, gateway: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(routes, "networks_in", lambda _: ())
        client = gateway.client(user(1, "administrator"))
        answer = await client.post(WEBHOOKS, json={**GOOD, "url": "http://localhost:8010/"})
        assert (answer.status_code, list(answer.json())) == (400, ["url"])


class TestChanging:
    async def test_put_patch_and_delete(self, hooks: Any) -> None:
        made = (await hooks.client.post(WEBHOOKS, json=GOOD)).json()
        path = f"{WEBHOOKS}{made['id']}/"
        answer = await hooks.client.put(path, json={**GOOD, "event_types": ["enrollment.*"]})
        assert (answer.json()["event_types"], answer.json()["is_active"]) == (["enrollment.*"], True)
        assert (await hooks.client.put(path, json={"url": GOOD["url"]})).status_code == 400
        answer = await hooks.client.patch(path, json={"is_active": False, "id": 7, "secret": "x"})
        assert (answer.json()["id"], answer.json()["is_active"]) == (made["id"], False)
        assert (await hooks.client.patch(path, json={"is_active": None})).status_code == 400
        assert (await hooks.client.delete(path)).status_code == 204
        for method in ("get", "delete"):
            assert (await getattr(hooks.client, method)(path)).status_code == 404
        assert (await hooks.client.patch(path, json={})).status_code == 404

    @pytest.mark.parametrize("number", ["0", "999999", str(2**63 - 1), str(2**63), "x"])
    async def test_unknown_ones(self, hooks: Any, number: str) -> None:
        paths = (f"{number}/", f"{number}/deliveries/")
        for path in paths:
            assert (await hooks.client.get(WEBHOOKS + path)).status_code in (400, 404)
        assert (await hooks.client.post(f"{WEBHOOKS}1/deliveries/{number}/redeliver/")).status_code in (400, 404)


class TestRedelivery:
    async def test_is_sent_once_more_under_the_same_id(self, hooks: Any, receiver: Any) -> None:
        made = await hooks.make(receiver.url)
        await hooks.happen(1)
        await hooks.run()
        (first,) = await hooks.deliveries(made["id"])
        receiver.answers = lambda _: web.Response(status=500)
        answer = await hooks.client.post(f"{WEBHOOKS}{made['id']}/deliveries/{first['id']}/redeliver/")
        assert answer.status_code == 202
        assert (answer.json()["status"], answer.json()["is_redelivery"]) == ("pending", True)
        await hooks.happen(2)
        await hooks.collect()
        await hooks.run()
        sequences = [event["sequence"] for event in receiver.events]
        assert sequences == [1, 1, 2], "a redelivery that fails holds up nothing"
        assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]
        (failed,) = await hooks.deliveries(made["id"], status="failed")
        assert failed["id"] == answer.json()["id"]

    async def test_of_another_webhook_is_not_found_and_off_is_refused(self, hooks: Any, receiver: Any) -> None:
        made, other = await hooks.make(receiver.url), await hooks.make(receiver.url)
        await hooks.happen(1)
        await hooks.run()
        (one,) = await hooks.deliveries(made["id"])
        path = "{}{}/deliveries/{}/redeliver/"
        assert (await hooks.client.post(path.format(WEBHOOKS, other["id"], one["id"]))).status_code == 404
        await hooks.client.patch(f"{WEBHOOKS}{made['id']}/", json={"is_active": False})
        assert (await hooks.client.post(path.format(WEBHOOKS, made["id"], one["id"]))).status_code == 400


async def test_they_are_for_administrators(gateway: ServiceUnderTest) -> None:
    for caller, status in ((None, 401), (user(1), 403), (user(1, "instructor"), 403)):
        assert (await gateway.client(caller).get(WEBHOOKS)).status_code == status
