"""The stream of server-sent events."""

import asyncio
import json
from datetime import UTC, datetime

import httpx
import pytest

from gateway.identity.commands.sessions import open_session
from gateway.push import stream
from shared.contracts.catalog.events import CourseUpdated
from shared.contracts.gateway.events import NotificationCreated

PATH = "/api/events/stream/"


def _told(number: int, user_id: int) -> NotificationCreated:
    return NotificationCreated(version=1, notification_id=number, user_id=user_id, type="graded")


async def _events(answer, number: int) -> list[dict]:
    """The next messages, each with its `id` line."""
    heard, event = [], {}
    async with asyncio.timeout(20):
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if name in ("id", "data"):
                event[name] = value
            if not line and "data" in event:
                heard.append({**json.loads(event["data"]), "line_id": event.get("id")})
                event = {}
                if len(heard) == number:
                    break
    return heard


async def _until_open(gateway) -> None:
    async with asyncio.timeout(10):
        while not len(gateway.app.state.push.hub):
            await asyncio.sleep(0.01)


class TestTheStream:
    async def test_one_hears_of_all_that_concerns_them(self, gateway, web, make_account, make) -> None:
        student = await make_account()
        await gateway.deliver(make.course(7, [student.id]))
        async with web.stream("GET", PATH, headers=student.header) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")
            await _until_open(gateway)
            await gateway.deliver(
                _told(1, student.id),
                _told(2, student.id + 1),
                make.enrollment(5, 7),
                make.enrollment(student.id, 8),
                make.course(8, [999]),
                make.course(8, [999], CourseUpdated),
            )
            heard = await _events(answer, 4)
        assert [one["type"] for one in heard] == [
            "notification", "enrollment_created", "course_updated", "course_updated",
        ]  # fmt: skip
        assert [one["line_id"] for one in heard] == [str(one["id"]) for one in heard]

    @pytest.mark.parametrize("by", ["header", "query"])
    async def test_it_resumes(self, gateway, web, make_account, by) -> None:
        student = await make_account()
        async with web.stream("GET", PATH, headers=student.header) as answer:
            await _until_open(gateway)
            await gateway.deliver(*(_told(number, student.id) for number in range(3)))
            (first,) = await _events(answer, 1)
        sent = {"headers": student.header}
        if by == "header":
            sent["headers"] = {**student.header, "Last-Event-ID": str(first["id"])}
        else:
            sent["params"] = {"after": str(first["id"])}
        async with web.stream("GET", PATH, **sent) as answer:
            heard = await _events(answer, 2)
        assert [one["data"]["notification_id"] for one in heard] == [1, 2]

    async def test_a_browsers_session_does_and_a_client_that_leaves_is_forgotten(
        self, gateway, web, make_account
    ) -> None:
        student = await make_account()
        async with gateway.database.transaction() as session:
            value = await open_session(session, student.id, now=datetime.now(UTC))
        async with web.stream("GET", PATH, headers={"Cookie": f"sessionid={value}"}) as answer:
            assert answer.status_code == 200
            await _until_open(gateway)
        async with asyncio.timeout(10):
            while len(gateway.app.state.push.hub):
                await asyncio.sleep(0.01)

    async def test_it_is_kept_alive(self, web, make_account, monkeypatch) -> None:
        monkeypatch.setattr(stream, "HEARTBEAT_S", 0.02)
        student = await make_account()
        async with web.stream("GET", PATH, headers=student.header) as answer, asyncio.timeout(10):
            async for line in answer.aiter_lines():
                if line.startswith(":"):
                    break

    async def test_head_ends_at_once(self, gateway, web, make_account) -> None:
        student = await make_account()
        async with asyncio.timeout(10):
            answer = await web.head(PATH, headers=student.header)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert len(gateway.app.state.push.hub) == 0
        assert (await web.head(PATH)).status_code == 401

    async def test_who_may(self, web, make_account) -> None:
        assert (await web.get(PATH)).status_code == 401
        assert (await web.get(PATH, headers={"Authorization": "Token " + "0" * 40})).status_code == 401

    @pytest.mark.parametrize("wrong", ["x", "-1", "1.5", "9" * 19, "9" * 60])
    async def test_a_wrong_id_is_400(self, web, make_account, wrong) -> None:
        student = await make_account()
        answer = await web.get(PATH, headers={**student.header, "Last-Event-ID": wrong})
        assert answer.status_code == 400, answer.text

    async def test_too_many_are_429(self, another_process, make_account) -> None:
        student = await make_account()
        live = await another_process(push_connections_user=1)
        async with (
            live.open(f"/ws/notifications/{student.id}/", student.token),
            httpx.AsyncClient(base_url=live.url) as web,
        ):
            answer = await web.get(PATH, headers=student.header)
            assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMITED")
            assert "retry-after" in answer.headers
