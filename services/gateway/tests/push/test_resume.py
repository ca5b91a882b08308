"""After a drop, each message comes once and in order, whichever process the client finds next."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from gateway.push import resume, sockets
from gateway.push.domain.messages import Message
from gateway.push.memory import record
from gateway.push.models import PushMessage
from gateway.push.schedules import trim
from gateway.push.store import lock_log
from shared.contracts.gateway.events import NotificationCreated
from shared.testing import end_connections


def _told(number: int, user_id: int) -> NotificationCreated:
    return NotificationCreated(version=1, notification_id=number, user_id=user_id, type="graded")


async def _record(gateway, user_id: int, numbers) -> None:
    async with gateway.database.transaction() as session:
        await lock_log(session)
        told = [Message(f"user:{user_id}", "notification", {"number": number}) for number in numbers]
        await record(session, told)


class TestResuming:
    async def test_ten_drops_during_a_thousand_events_lose_and_repeat_nothing(
        self, gateway, live, another_process, make_account
    ) -> None:
        student = await make_account()
        processes = [live, await another_process()]
        path, heard, last = f"/ws/notifications/{student.id}/", [], 0

        async def happen() -> None:
            for number in range(0, 1000, 5):
                await _record(gateway, student.id, range(number, number + 5))

        async with live.open(path, student.token):
            happening = asyncio.create_task(happen())
            for drop in range(11):
                until = 1000 if drop == 10 else (drop + 1) * 90
                async with processes[drop % 2].open(path, student.token, resume=last) as client:
                    while len(heard) < until:
                        message = await client.hear("notification", "resync")
                        if message["type"] == "notification":
                            heard.append(message)
                            last = message["id"]
            await happening
        assert [message["data"]["number"] for message in heard] == list(range(1000))
        assert [message["id"] for message in heard] == sorted({message["id"] for message in heard})

    async def test_events_of_many_queues_at_once_are_numbered_in_the_order_of_their_commits(
        self, gateway, live, make_account
    ) -> None:
        student = await make_account()
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            await asyncio.gather(*(_record(gateway, student.id, [number]) for number in range(40)))
            heard = [await client.hear("notification") for _ in range(40)]
        assert [message["id"] for message in heard] == sorted(message["id"] for message in heard)
        assert {message["data"]["number"] for message in heard} == set(range(40))

    async def test_a_long_replay_is_not_overtaken_by_what_happens_meanwhile(
        self, gateway, live, make_account, monkeypatch
    ) -> None:
        monkeypatch.setattr(resume, "PAGE", 2)
        monkeypatch.setattr(sockets, "HELD_S", 0.0)
        student = await make_account()
        await _record(gateway, student.id, range(300))
        async with live.open(f"/ws/notifications/{student.id}/", student.token, resume=0) as client:
            await _record(gateway, student.id, [300])
            heard = [await client.hear("notification") for _ in range(301)]
        assert [message["data"]["number"] for message in heard] == list(range(301))

    async def test_one_who_resumes_late_has_nothing_twice(self, gateway, live, make_account) -> None:
        student = await make_account()
        path = f"/ws/notifications/{student.id}/"
        async with live.open(path, student.token) as client:
            await _record(gateway, student.id, [1, 2, 3])
            first = await client.hear()
        async with live.open(path, student.token) as client:
            await _record(gateway, student.id, [4])
            assert (await client.hear())["data"]["number"] == 4
            await client.say(type="resume", last_event_id=str(first["id"]))
            await client.say(type="resume", last_event_id=0)
            await _record(gateway, student.id, [5])
            assert [(await client.hear())["data"]["number"] for _ in range(3)] == [2, 3, 5]

    async def test_what_is_no_longer_kept_is_said(self, gateway, live, make_account) -> None:
        student = await make_account()
        path = f"/ws/notifications/{student.id}/"
        await _record(gateway, student.id, [1, 2])
        async with gateway.database.transaction() as session:
            await session.execute(update(PushMessage).values(created_date=datetime.now(UTC) - timedelta(hours=49)))
        await _record(gateway, student.id, [3])
        await trim(gateway.database)
        async with live.open(path, student.token, resume=1) as client:
            assert (await client.hear())["type"] == "resync"
            kept = await client.hear()
            assert kept["data"] == {"number": 3}
        async with live.open(path, student.token, resume=kept["id"] + 1000) as client:
            assert (await client.hear())["type"] == "resync"
            await _record(gateway, student.id, [4])
            assert (await client.hear())["data"] == {"number": 4}

    async def test_another_process_tells_the_same(self, gateway, live, another_process, make_account) -> None:
        student = await make_account()
        path = f"/ws/notifications/{student.id}/"
        other = await another_process()
        async with live.open(path, student.token) as here, other.open(path, student.token) as there:
            await gateway.deliver(_told(1, student.id))
            assert await here.hear() == await there.hear()

    async def test_a_lost_database_connection_loses_nothing(self, gateway, live, make_account) -> None:
        student = await make_account()
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            assert await end_connections(gateway.database, "gateway-relay") == 1
            await _record(gateway, student.id, [1])
            assert (await client.hear())["data"] == {"number": 1}
