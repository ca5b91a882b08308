"""The page of a course: what the catalog and enrollment say, as one answer."""

import json
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from gateway.aggregate import course
from shared.auth import ServiceCaller, Verifier
from shared.testing import ServiceUnderTest

COURSE = b'{"id":5,"slug":"sound-statistics","title":"Sound {\\"} Statistics","modules":[]}'
REVIEWS = [{"id": 1, "rating": 5, "content": 'a "quoted" } word'}]
# With blanks, as PostgreSQL writes JSON.
OVERLAY = json.dumps({"recent_reviews": REVIEWS, "user_progress": {"enrollment": 50}}).encode()
JSON = (b"content-type", b"application/json")


class Stage:
    """What both services answer, and what they were asked."""

    def __init__(self, upstreams: Any) -> None:
        self.catalog, self.enrollment = upstreams["catalog"], upstreams["enrollment"]
        self.course: tuple[int, bytes, list[tuple[bytes, bytes]]] = (200, COURSE, [JSON])
        self.overlay: tuple[int, bytes] = (200, OVERLAY)
        self.catalog.answer, self.enrollment.answer = self._of_catalog, self._of_enrollment

    async def _of_catalog(self, scope: Scope, receive: Receive, send: Send) -> None:
        await reply(send, *self.course)

    async def _of_enrollment(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, body = self.overlay
        await reply(send, status, body, [JSON])


async def reply(send: Send, status: int, body: bytes, headers: Any) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def stage(upstreams: Any) -> Stage:
    return Stage(upstreams)


class TestThePage:
    @pytest.mark.parametrize("ref", ["5", "sound-statistics"])
    async def test_has_both_parts(self, public: httpx.AsyncClient, stage: Stage, ref: str) -> None:
        for _ in range(2):
            answer = await public.get(f"/api/courses/{ref}")
            assert answer.status_code == 200
            assert answer.json() == json.loads(COURSE) | json.loads(OVERLAY) | {"degraded": []}
            assert answer.headers["content-type"] == "application/json"
        assert [asked["path"] for asked in stage.enrollment.asked] == ["/internal/courses/5/overlay/"] * 2

    async def test_progress_is_asked_for_whoever_is_signed_in(
        self, public: httpx.AsyncClient, stage: Stage, gateway: ServiceUnderTest, make_account: Any
    ) -> None:
        account = await make_account()
        answer = await public.get("/api/courses/5/", headers=account.header)
        assert answer.headers["cache-control"] == "private"
        (asked,) = stage.enrollment.asked
        assert asked["query"] == f"user_id={account.id}"
        caller = Verifier(gateway.settings.identity_jwks_file).verify(asked["headers"]["x-syllabus-identity"])
        assert caller == ServiceCaller("gateway")

    async def test_nobody_is_named_for_a_guest(self, public: httpx.AsyncClient, stage: Stage) -> None:
        answer = await public.get("/api/courses/5/")
        assert "cache-control" not in answer.headers
        assert stage.enrollment.asked[0]["query"] == ""

    async def test_a_head_has_no_body(self, public: httpx.AsyncClient, stage: Stage) -> None:
        answer = await public.head("/api/courses/5/")
        assert (answer.status_code, answer.content) == (200, b"")

    async def test_a_slug_that_is_another_course_now_gets_that_ones_part(
        self, public: httpx.AsyncClient, stage: Stage
    ) -> None:
        await public.get("/api/courses/sound-statistics/")
        stage.course = (200, COURSE.replace(b'"id":5', b'"id":6'), [JSON])
        await public.get("/api/courses/sound-statistics/")
        assert stage.enrollment.asked[-1]["path"] == "/internal/courses/6/overlay/"

    @pytest.mark.parametrize("path", ["featured", "5/versions", "5/instructors", ""])
    async def test_other_pages_of_courses_are_the_catalogs_alone(
        self, public: httpx.AsyncClient, stage: Stage, path: str
    ) -> None:
        stage.course = (200, b'{"count":0,"results":[]}', [JSON])
        answer = await public.get(f"/api/courses/{path}")
        assert answer.json() == {"count": 0, "results": []}
        assert stage.enrollment.asked == []


class TestWithoutApart:
    @pytest.mark.parametrize(
        "overlay",
        [(500, b"{}"), (503, OVERLAY), (404, b"{}"), (200, b"[]"), (200, b"{}"), (200, OVERLAY[:-2])],
    )
    async def test_without_enrollment_its_part_is_null(
        self, public: httpx.AsyncClient, stage: Stage, overlay: tuple[int, bytes]
    ) -> None:
        stage.overlay = overlay
        for ref in ("5", "sound-statistics"):
            found = (await public.get(f"/api/courses/{ref}/")).json()
            assert found == json.loads(COURSE) | {
                "recent_reviews": None,
                "user_progress": None,
                "degraded": ["enrollment"],
            }

    async def test_an_enrollment_that_hangs_is_not_waited_for(
        self, public: httpx.AsyncClient, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def hang(scope: Scope, receive: Receive, send: Send) -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            stage.enrollment.gone.set()

        monkeypatch.setattr(course, "OVERLAY_LIMIT_S", 0.05)
        stage.enrollment.answer = hang
        assert (await public.get("/api/courses/5/")).json()["degraded"] == ["enrollment"]
        await stage.enrollment.gone.wait()

    @pytest.mark.parametrize("status", [401, 403, 404, 500])
    async def test_what_the_catalog_refuses_stays_refused(
        self, public: httpx.AsyncClient, stage: Stage, status: int
    ) -> None:
        stage.course = (status, b'{"error":"No.","code":"NO","details":{}}', [JSON])
        answer = await public.get("/api/courses/5/")
        assert (answer.status_code, answer.json()["code"]) == (status, "NO")

    async def test_without_the_catalog_there_is_no_page(self, public: httpx.AsyncClient) -> None:
        answer = await public.get("/api/courses/5/")
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")


class TestItsTag:
    @pytest.fixture(params=[b'"abc"', b'W/"abc"'])
    def tagged(self, stage: Stage, request: pytest.FixtureRequest) -> Stage:
        stage.course = (200, COURSE, [JSON, (b"etag", request.param)])
        return stage

    async def test_changes_with_either_part(self, public: httpx.AsyncClient, tagged: Stage) -> None:
        tags = [(await public.get("/api/courses/5/")).headers["etag"]]
        tagged.overlay = (200, OVERLAY.replace(b"50", b"51"))
        tags.append((await public.get("/api/courses/5/")).headers["etag"])
        tagged.course = (200, COURSE, [JSON, (b"etag", b'"abd"')])
        tags.append((await public.get("/api/courses/5/")).headers["etag"])
        assert len(set(tags)) == 3

    async def test_a_page_that_the_client_has_is_304(self, public: httpx.AsyncClient, tagged: Stage) -> None:
        tag = (await public.get("/api/courses/5/")).headers["etag"]
        answer = await public.get("/api/courses/5/", headers={"If-None-Match": f'"other", {tag}'})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
        assert "if-none-match" not in tagged.catalog.asked[-1]["headers"]
        tagged.overlay = (200, OVERLAY.replace(b"50", b"51"))
        assert (await public.get("/api/courses/5/", headers={"If-None-Match": tag})).status_code == 200
