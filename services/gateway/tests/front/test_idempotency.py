import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text
from starlette.types import Receive, Scope, Send

from gateway.idempotency.once import LARGEST_KEPT
from gateway.idempotency.store import Use, claim, forget_old, keep
from shared.testing import ServiceUnderTest

PATH = "/api/enrollments/"


def keyed(account: Any, key: str = "k1") -> dict[str, str]:
    return {**account.header, "Idempotency-Key": key}


async def rows(gateway: ServiceUnderTest) -> list[Any]:
    async with gateway.database.reading() as session:
        return list(await session.execute(text("SELECT * FROM idempotency_keys")))


def giving(status: int, body: bytes = b"{}", headers: Any = ()) -> Any:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})

    return answer


class TestRepeated:
    async def test_is_answered_as_the_first_time_and_not_done_again(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any
    ) -> None:
        ada = await make_account()
        headers = [(b"content-type", b"application/json"), (b"location", b"/api/enrollments/9/"), (b"etag", b'"1"')]
        upstreams["enrollment"].answer = giving(201, b'{"id": 9}', headers)
        first = await public.post(PATH, json={"course": 5}, headers=keyed(ada))
        second = await public.post(PATH, json={"course": 5}, headers=keyed(ada))
        assert len(upstreams["enrollment"].asked) == 1
        assert "Idempotent-Replayed" not in first.headers
        assert second.headers["Idempotent-Replayed"] == "true"
        assert (second.status_code, second.content) == (first.status_code, first.content) == (201, b'{"id": 9}')
        assert second.headers["Location"] == "/api/enrollments/9/"
        assert second.headers["ETag"] == '"1"'
        assert second.headers["X-Request-ID"] != first.headers["X-Request-ID"]
        assert int(second.headers["RateLimit-Remaining"]) == int(first.headers["RateLimit-Remaining"]) - 1

    async def test_also_when_it_was_refused(self, public: httpx.AsyncClient, upstreams: Any, make_account: Any) -> None:
        ada = await make_account()
        upstreams["enrollment"].answer = giving(403, b'{"code": "SUBSCRIPTION_REQUIRED"}')
        found = [(await public.post(PATH, json={}, headers=keyed(ada))).status_code for _ in range(2)]
        assert found == [403, 403]
        assert len(upstreams["enrollment"].asked) == 1

    async def test_without_a_body_and_without_the_slash(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any
    ) -> None:
        ada = await make_account()
        await public.post("/api/courses/5/enroll", headers=keyed(ada))
        again = await public.post("/api/courses/5/enroll/", headers=keyed(ada))
        assert again.headers["Idempotent-Replayed"] == "true"
        assert len(upstreams["enrollment"].asked) == 1

    async def test_the_service_is_told_the_key(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any
    ) -> None:
        ada = await make_account()
        await public.post(PATH, json={}, headers=keyed(ada) | {"X-Syllabus-Idempotency-Key": "forged"})
        assert upstreams["enrollment"].asked[0]["headers"]["x-syllabus-idempotency-key"] == "k1"

    async def test_a_form_with_a_new_boundary_is_the_same(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any
    ) -> None:
        ada = await make_account()
        for _ in range(2):
            answer = await public.post("/api/resources/", files={"file": b"content"}, headers=keyed(ada))
        assert answer.headers["Idempotent-Replayed"] == "true"
        assert len(upstreams["catalog"].asked) == 1

    async def test_large_uploads_are_not_covered(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, gateway: ServiceUnderTest
    ) -> None:
        ada = await make_account()
        upstreams["catalog"].answer = giving(201)
        content = b"x" * (10 * 1024 * 1024)
        for _ in range(2):
            answer = await public.post("/api/resources/", files={"file": content}, headers=keyed(ada))
            assert answer.status_code == 201
        assert len(upstreams["catalog"].asked) == 2
        assert await rows(gateway) == []

    async def test_by_session_as_by_token(self, public: httpx.AsyncClient, upstreams: Any, make_account: Any) -> None:
        ada = await make_account()
        await public.post(PATH, json={}, headers=keyed(ada))
        login = {"email": ada.email, "password": ada.password, "session": True}
        assert (await public.post("/api/auth/login/", json=login)).status_code == 200
        headers = {"Idempotency-Key": "k1", "X-CSRFToken": public.cookies["csrftoken"]}
        assert (await public.post(PATH, json={}, headers=headers)).headers["Idempotent-Replayed"] == "true"
        assert len(upstreams["enrollment"].asked) == 1


class TestAnother:
    @pytest.mark.parametrize(
        ("path", "body"), [(PATH, {"course": 6}), (PATH + "?x=1", {"course": 5}), ("/api/notes/", {"course": 5})]
    )
    async def test_request_with_the_same_key_is_400(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, path: str, body: Any
    ) -> None:
        ada = await make_account()
        await public.post(PATH, json={"course": 5}, headers=keyed(ada))
        answer = await public.post(path, json=body, headers=keyed(ada))
        assert (answer.status_code, answer.json()["code"]) == (400, "IDEMPOTENCY_KEY_REUSED")
        assert len(upstreams["enrollment"].asked) == 1

    async def test_user_has_keys_of_their_own(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any
    ) -> None:
        for account in (await make_account(), await make_account("bob@example.com")):
            answer = await public.post(PATH, json={}, headers=keyed(account))
            assert "Idempotent-Replayed" not in answer.headers
        assert len(upstreams["enrollment"].asked) == 2

    async def test_guests_have_none(self, public: httpx.AsyncClient, upstreams: Any, gateway: ServiceUnderTest) -> None:
        for _ in range(2):
            await public.post("/api/search/click/", json={}, headers={"Idempotency-Key": "k1"})
        assert len(upstreams["catalog"].asked) == 2
        assert await rows(gateway) == []

    @pytest.mark.parametrize("key", ["", "x" * 256, "a b"])
    async def test_thing_is_no_key(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, key: str
    ) -> None:
        answer = await public.post(PATH, json={}, headers=keyed(await make_account(), key))
        assert answer.status_code == 400
        assert list(answer.json()) == ["Idempotency-Key"]
        assert upstreams["enrollment"].asked == []


class TestAtOnce:
    async def test_three_have_one_effect(self, public: httpx.AsyncClient, upstreams: Any, make_account: Any) -> None:
        ada = await make_account()
        go_on = asyncio.Event()

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await go_on.wait()
            await giving(201)(scope, receive, send)

        upstreams["enrollment"].answer = answer
        posts = [asyncio.create_task(public.post(PATH, json={}, headers=keyed(ada))) for _ in range(3)]
        while sum(post.done() for post in posts) < 2:
            await asyncio.sleep(0.01)
        go_on.set()
        answers = await asyncio.gather(*posts)
        assert Counter(each.status_code for each in answers) == {201: 1, 409: 2}
        refused = next(each for each in answers if each.status_code == 409)
        assert refused.json()["code"] == "REQUEST_IN_PROGRESS"
        assert int(refused.headers["Retry-After"]) > 0
        assert (await public.post(PATH, json={}, headers=keyed(ada))).headers["Idempotent-Replayed"] == "true"
        assert len(upstreams["enrollment"].asked) == 1

    async def test_many_at_our_own_routes_too(self, public: httpx.AsyncClient, make_account: Any) -> None:
        ada = await make_account()
        answers = await asyncio.gather(
            *(public.post("/api/auth/token/regenerate/", headers=keyed(ada)) for _ in range(8))
        )
        done = [each for each in answers if each.status_code == 200 and "Idempotent-Replayed" not in each.headers]
        assert len(done) == 1
        assert {each.status_code for each in answers} <= {200, 401, 409}


class TestFailures:
    async def test_of_the_service_are_not_kept(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, gateway: ServiceUnderTest
    ) -> None:
        ada = await make_account()
        upstreams["enrollment"].answer = giving(500)
        assert (await public.post(PATH, json={}, headers=keyed(ada))).status_code == 500
        assert await rows(gateway) == []
        upstreams["enrollment"].answer = None
        assert (await public.post(PATH, json={}, headers=keyed(ada))).status_code == 200

    async def test_nor_its_absence(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, gateway: ServiceUnderTest, tmp_path: Path
    ) -> None:
        ada = await make_account()
        (tmp_path / "enrollment").unlink()
        assert (await public.post(PATH, json={}, headers=keyed(ada))).status_code == 503
        assert await rows(gateway) == []

    async def test_an_answer_that_breaks_off_is_503(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, gateway: ServiceUnderTest
    ) -> None:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"100")]})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise RuntimeError

        upstreams["enrollment"].answer = answer
        assert (await public.post(PATH, json={}, headers=keyed(await make_account()))).status_code == 503
        assert await rows(gateway) == []

    async def test_bodies_that_are_refused_use_no_key(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, gateway: ServiceUnderTest
    ) -> None:
        ada = await make_account()
        headers = keyed(ada) | {"Content-Type": "application/json"}
        assert (await public.post(PATH, content=b"[" * 65, headers=headers)).status_code == 400
        assert (await public.post(PATH, content=b"x" * (10 * 1024 * 1024 + 1), headers=headers)).status_code == 413
        assert await rows(gateway) == []

    async def test_a_client_that_goes_away_can_come_again(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, tmp_path: Path
    ) -> None:
        ada = await make_account()
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            begun.set()
            await go_on.wait()
            await giving(201, b'{"id": 9}')(scope, receive, send)

        upstreams["enrollment"].answer = answer
        _, writer = await asyncio.open_unix_connection(tmp_path / "public")
        head = "".join(f"{name}: {value}\r\n" for name, value in keyed(ada).items())
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: x\r\n{head}Content-Length: 0\r\n\r\n".encode())
        await begun.wait()
        writer.close()
        await writer.wait_closed()
        go_on.set()
        while (again := await public.post(PATH, headers=keyed(ada))).status_code == 409:
            await asyncio.sleep(0.01)
        assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
        assert len(upstreams["enrollment"].asked) == 1


class TestLease:
    @pytest.mark.parametrize(("age_s", "status"), [(30, 409), (100, 200)])
    async def test_of_a_process_that_died_ends(
        self,
        public: httpx.AsyncClient,
        upstreams: Any,
        make_account: Any,
        gateway: ServiceUnderTest,
        age_s: int,
        status: int,
    ) -> None:
        ada = await make_account()
        idempotency = gateway.app.state.idempotency
        fingerprint = idempotency._vault.fingerprint(PATH, b"", b"")
        then = datetime.now(UTC) - timedelta(seconds=age_s)
        async with gateway.database.transaction() as session:
            assert await claim(session, Use(ada.id, "k1", uuid4()), fingerprint, now=then) is None
        answer = await public.post(PATH, headers=keyed(ada))
        assert answer.status_code == status
        assert "Idempotent-Replayed" not in answer.headers

    async def test_who_lost_it_changes_nothing_any_more(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        now = datetime.now(UTC)
        late, other = Use(ada.id, "k1", uuid4()), Use(ada.id, "k1", uuid4())
        async with gateway.database.transaction() as session:
            await claim(session, late, b"f", now=now - timedelta(seconds=100))
            assert await claim(session, other, b"f", now=now) is None
            await keep(session, late, 201, b"late")
            await keep(session, other, 200, b"other")
            await keep(session, late, 201, b"late")
        assert [(row.status, row.answer) for row in await rows(gateway)] == [(200, b"other")]


class TestAfterADay:
    async def test_the_key_is_free_again(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        now = datetime.now(UTC)
        first, second = Use(ada.id, "k1", uuid4()), Use(ada.id, "k1", uuid4())
        async with gateway.database.transaction() as session:
            await claim(session, first, b"f", now=now)
            await keep(session, first, 200, b"first")
            within = await claim(session, second, b"f", now=now + timedelta(hours=24, seconds=-1))
            assert within is not None
            assert within.answer == b"first"
            assert await claim(session, second, b"f", now=now + timedelta(hours=24)) is None

    async def test_it_is_forgotten(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        now = datetime.now(UTC)
        async with gateway.database.transaction() as session:
            await claim(session, Use(ada.id, "old", uuid4()), b"f", now=now - timedelta(hours=24))
            await claim(session, Use(ada.id, "new", uuid4()), b"f", now=now)
            assert await forget_old(session, now=now) == 1
        assert [row.key for row in await rows(gateway)] == ["new"]


class TestAnswers:
    async def test_too_large_ones_go_out_once(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, gateway: ServiceUnderTest
    ) -> None:
        ada = await make_account()
        body = b"x" * (LARGEST_KEPT * 3)
        upstreams["enrollment"].answer = giving(201, body)
        first = await public.post(PATH, headers=keyed(ada))
        assert (first.status_code, first.content) == (201, body)
        again = await public.post(PATH, headers=keyed(ada))
        assert (again.status_code, again.json()["code"]) == (409, "ANSWER_NOT_KEPT")
        assert again.json()["details"] == {"status": 201}
        assert len(upstreams["enrollment"].asked) == 1

    async def test_with_secrets_are_not_readable_in_the_table(
        self, public: httpx.AsyncClient, make_account: Any, gateway: ServiceUnderTest
    ) -> None:
        ada = await make_account()
        token = (await public.post("/api/auth/token/regenerate/", headers=keyed(ada))).json()["token"]
        assert token.encode() not in bytes((await rows(gateway))[0].answer)
        new = {"Authorization": f"Token {token}", "Idempotency-Key": "k1"}
        again = await public.post("/api/auth/token/regenerate/", headers=new)
        assert (again.json(), again.headers["Idempotent-Replayed"]) == ({"token": token}, "true")
        assert again.headers["Cache-Control"] == "no-store"

    async def test_a_user_who_is_gone_is_nobody(
        self, public: httpx.AsyncClient, upstreams: Any, make_account: Any, gateway: ServiceUnderTest
    ) -> None:
        ada = await make_account()
        assert (await public.get("/api/courses/", headers=ada.header)).status_code == 200
        async with gateway.database.transaction() as session:  # as another process would
            await session.execute(text("DELETE FROM users"))
        assert (await public.post(PATH, headers=keyed(ada))).status_code == 401
