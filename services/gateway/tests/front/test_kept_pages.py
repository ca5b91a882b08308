"""Kept pages: who gets them, and that none is older than the last change."""

import asyncio
import gzip
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.cache.drops import FADES_WITHIN_S, note
from gateway.cache.pages import LONGEST_S, Pages, _lasts_s, is_changed_by, key_of
from shared.testing import ServiceUnderTest

LIST, DETAIL = "/api/courses/", "/api/courses/algebra/"
LONG = "x" * 2000


class Shop:
    """The catalog and enrollment: a title that can change, and how often the course was asked for."""

    def __init__(self, upstreams) -> None:  # type: ignore[no-untyped-def]
        self.title = "Algebra"
        self.served = 0
        self.held: asyncio.Event | None = None
        self.extra: dict[str, object] = {}
        self.overlay_status = 200
        self.progress = "null"
        self.is_public = True
        upstreams["catalog"].answer = self._catalog
        upstreams["enrollment"].answer = self._enrollment

    async def _catalog(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.served += 1
        course = {"id": 5, "title": self.title, "about": LONG, **self.extra}
        if self.held is not None:
            await self.held.wait()
        if not self.is_public and b"x-syllabus-identity" not in dict(scope["headers"]):
            await reply(send, 404, b"{}")
            return
        body = json.dumps(course if scope["path"] != LIST else {"results": [course]}, separators=(",", ":"))
        await reply(send, 200, body.encode(), [(b"etag", f'"{self.title}"'.encode())])

    async def _enrollment(self, scope: Scope, receive: Receive, send: Send) -> None:
        mine = self.progress if b"user_id" in scope["query_string"] else "null"
        await reply(send, self.overlay_status, f'{{"recent_reviews":[],"user_progress":{mine}}}'.encode())


async def reply(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    sent = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def shop(upstreams) -> Shop:  # type: ignore[no-untyped-def]
    return Shop(upstreams)


@pytest.fixture
def pages(gateway: ServiceUnderTest) -> Pages:
    """Those of the gateway, as if the bus told of changes."""
    found: Pages = gateway.app.state.pages
    found.is_open, found._most_bytes = True, 1_000_000
    return found


def course_event(pages: Pages, fact: str = "catalog.course.updated.v1", course_id: int = 5) -> None:
    note(pages, fact, json.dumps({"course_id": course_id}).encode(), str(course_id))


@pytest.mark.parametrize("path", [LIST, DETAIL, f"{LIST}?level=beginner&page=2"])
class TestAGuest:
    async def test_is_served_from_here_the_second_time(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, path: str
    ) -> None:
        first, second = await public.get(path), await public.get(path)
        assert shop.served == 1
        assert first.json() == second.json()
        assert first.headers["etag"] == second.headers["etag"]
        assert second.headers["x-content-type-options"] == "nosniff"
        assert second.headers["x-request-id"] != first.headers["x-request-id"]
        assert int(second.headers["ratelimit-remaining"]) < int(first.headers["ratelimit-remaining"])

    async def test_sees_a_change_once_the_event_is_here(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, path: str
    ) -> None:
        await public.get(path)
        shop.title = "Algebra II"
        course_event(pages)
        assert "Algebra II" in (await public.get(path)).text

    async def test_a_page_begun_before_the_change_is_not_kept(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, path: str
    ) -> None:
        shop.held = asyncio.Event()
        old = asyncio.create_task(public.get(path))
        while shop.served == 0:
            await asyncio.sleep(0)
        course_event(pages)
        shop.held.set()
        await old
        shop.title = "Algebra II"
        assert "Algebra II" in (await public.get(path)).text

    async def test_many_at_once_ask_the_service_once(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, path: str
    ) -> None:
        answers = await asyncio.gather(*(public.get(path) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.text for answer in answers}) == 1
        assert shop.served == 1

    async def test_nothing_is_kept_while_the_bus_is_away(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, path: str
    ) -> None:
        pages.close()
        await public.get(path)
        await public.get(path)
        assert shop.served == 2

    async def test_what_the_client_has_is_not_sent_again(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, path: str
    ) -> None:
        tag = (await public.get(path)).headers["etag"]
        answer = await public.get(path, headers={"If-None-Match": tag})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert shop.served == 1

    async def test_gets_it_by_gzip_on_request(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, path: str
    ) -> None:
        plain = await public.get(path, headers={"Accept-Encoding": "identity"})
        async with public.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.headers["vary"] == "accept-encoding"
        assert gzip.decompress(raw) == plain.content
        assert len(raw) < len(plain.content) / 4


class TestOthers:
    async def test_who_is_signed_in_is_always_answered_by_the_service(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, make_account: Callable[..., Awaitable]
    ) -> None:
        account = await make_account()
        await public.get(LIST)
        await public.get(LIST, headers=account.header)
        assert shop.served == 2

    async def test_a_learner_gets_the_kept_part_with_their_own(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, make_account: Callable[..., Awaitable]
    ) -> None:
        account = await make_account()
        shop.progress = '{"enrollment":9}'
        await public.get(DETAIL)
        answer = await public.get(DETAIL, headers=account.header)
        assert shop.served == 1
        assert answer.json()["user_progress"] == {"enrollment": 9}
        course_event(pages)
        shop.title = "Algebra II"
        assert (await public.get(DETAIL, headers=account.header)).json()["title"] == "Algebra II"

    async def test_staff_are_always_answered_by_the_catalog(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, make_account: Callable[..., Awaitable]
    ) -> None:
        account = await make_account(role="instructor")
        for _ in range(2):
            await public.get(DETAIL, headers=account.header)
        assert shop.served == 2

    async def test_what_guests_may_not_see_is_asked_for_as_oneself(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, make_account: Callable[..., Awaitable]
    ) -> None:
        account = await make_account()
        shop.is_public = False
        assert (await public.get(DETAIL)).status_code == 404
        assert (await public.get(DETAIL, headers=account.header)).status_code == 200
        assert (await public.get(DETAIL)).status_code == 404

    async def test_who_writes_reads_it_at_once(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages, make_account: Callable[..., Awaitable]
    ) -> None:
        account = await make_account()
        await public.get(DETAIL)
        shop.title = "Algebra II"
        await public.patch("/api/lessons/7/", json={"title": "x"}, headers=account.header)
        assert "Algebra II" in (await public.get(DETAIL)).text

    async def test_an_incomplete_page_is_not_kept(self, public: httpx.AsyncClient, shop: Shop, pages: Pages) -> None:
        shop.overlay_status = 500
        assert (await public.get(DETAIL)).json()["degraded"] == ["enrollment"]
        shop.overlay_status = 200
        assert (await public.get(DETAIL)).json()["degraded"] == []


class TestEvents:
    async def test_of_another_course_leave_a_page_but_not_the_lists(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages
    ) -> None:
        await public.get(DETAIL)
        await public.get(LIST)
        course_event(pages, course_id=6)
        await public.get(DETAIL)
        assert shop.served == 2
        await public.get(LIST)
        assert shop.served == 3

    async def test_of_figures_that_the_catalog_follows_too_let_a_page_fade(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages
    ) -> None:
        await public.get(DETAIL)
        page = await pages.find(f"{DETAIL}?".encode())
        assert page
        before = page.expires_at
        course_event(pages, "enrollment.enrollment.created.v1")
        assert page.expires_at < before - 30
        await public.get(DETAIL)
        assert shop.served == 1

    async def test_of_such_figures_let_a_new_page_fade_too_for_a_while(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages
    ) -> None:
        course_event(pages, "enrollment.enrollment.created.v1")
        await public.get(DETAIL)
        page = await pages.find(f"{DETAIL}?".encode())
        assert page
        assert page.expires_at <= time.monotonic() + FADES_WITHIN_S

    async def test_that_cannot_be_read_do_no_harm(self, pages: Pages) -> None:
        for body in (b"", b"[]", b"\xff", b'{"course_id":null}'):
            note(pages, "enrollment.review.created.v1", body, "x")

    @pytest.mark.parametrize(
        ("service", "method", "path", "changes"),
        [
            ("catalog", "PUT", "/api/lessons/3/", True),
            ("catalog", "GET", "/api/lessons/3/", False),
            ("catalog", "POST", "/api/search/click/", False),
            ("enrollment", "POST", "/api/courses/x/enroll/", False),
            ("enrollment", "POST", "/api/courses/x/reviews/", True),
            ("enrollment", "PUT", "/api/reviews/3/moderate/", True),
            ("assessment", "POST", "/api/assessments/", False),
        ],
    )
    def test_some_requests_tell_it_too(self, service, method: str, path: str, changes: bool) -> None:  # type: ignore[no-untyped-def]
        assert is_changed_by(service, method, path) is changes


class TestBounds:
    async def test_those_not_asked_for_longest_go_first(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages
    ) -> None:
        pages._most_bytes = 10_000
        for number in range(20):
            await public.get(LIST, params={"page": number})
            await public.get(LIST, params={"page": 0})
        assert pages._bytes <= 10_000
        assert sum(page.size for page in pages._pages.values()) == pages._bytes
        assert shop.served == 20

    async def test_dropped_pages_leave_nothing_behind(
        self, public: httpx.AsyncClient, shop: Shop, pages: Pages
    ) -> None:
        for path in (LIST, DETAIL):
            await public.get(path)
        course_event(pages)
        assert (pages._bytes, dict(pages._pages), pages._keys) == (0, {}, {})

    @pytest.mark.parametrize(
        ("method", "path", "headers", "kept"),
        [
            ("GET", "/api/courses/", [], True),
            ("GET", "/api/courses", [], True),
            ("GET", "/api/courses/featured/", [], True),
            ("GET", "/api/courses/x/", [], True),
            ("GET", "/api/courses/x/reviews/", [], False),
            ("GET", "/api/coursesx/", [], False),
            ("HEAD", "/api/courses/", [], False),
            ("POST", "/api/courses/", [], False),
            ("GET", "/api/courses/", [(b"authorization", b"Token x")], False),
            ("GET", "/api/courses/", [(b"cookie", b"sessionid=x")], False),
            ("GET", f"/api/courses/{'x' * 600}/", [], False),
        ],
        ids=range(11),
    )
    def test_what_is_kept(self, method: str, path: str, headers: list[tuple[bytes, bytes]], kept: bool) -> None:
        scope = {"method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers}
        assert (key_of(scope) is not None) is kept

    def test_a_price_is_shown_until_its_discount_ends(self) -> None:
        now = datetime(2030, 1, 1, tzinfo=UTC)
        for ahead, lasts in ((5, 5.0), (-5, LONGEST_S), (500, LONGEST_S)):
            ends = (now + timedelta(seconds=ahead)).isoformat().replace("+00:00", "Z")
            assert _lasts_s(b'{"discount_ends":"%s"}' % ends.encode(), now) == lasts


async def test_a_waiting_guest_is_served_though_the_first_one_fails() -> None:
    pages, sent = Pages(1_000_000), []
    pages.is_open = True
    begun, failing = asyncio.Event(), asyncio.Event()

    async def fail(send: Send) -> None:
        begun.set()
        await failing.wait()
        raise ConnectionError

    async def good(send: Send) -> None:
        await reply(send, 200, b"{}")

    async def send(message: Message) -> None:
        sent.append(message["type"])

    first = asyncio.create_task(pages.make(b"k", fail, send))
    await begun.wait()
    second = asyncio.create_task(pages.make(b"k", good, send))
    await asyncio.sleep(0)
    failing.set()
    with pytest.raises(ConnectionError):
        await first
    await second
    assert sent == ["http.response.start", "http.response.body"]
