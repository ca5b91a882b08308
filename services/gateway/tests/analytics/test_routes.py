"""Figures gathered from services that answer, and from some that do not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.analytics.schemas import (
    CatalogCounts,
    CertificateCounts,
    CourseActivity,
    CourseScores,
    EnrollmentCounts,
    LearnerActivity,
)
from gateway.upstream.client import Answer, UpstreamDown
from shared.contracts.catalog.events import CategoryRef, CourseState, StaffMember
from shared.testing import ServiceUnderTest, user

ACTIVITY = CourseActivity(
    engagement={"visits": 4, "days": []},
    learning_patterns={"by_hour": []},
    funnel=[{"lesson": 12, "title": "+1", "started": 3, "completed": 1}],
    drop_off=[{"lesson": None, "learners": 2}],
)
SCORES = CourseScores(score_distribution=[{"at_least": 0, "below": 10, "count": 1}], performance=[])
STATS = b'{"total_courses": 3, "courses_completed": 1, "average_progress": 41.5, "learning_streak_days": 2}'


def course(**fields: Any) -> CourseState:
    given = {
        "version": 1, "course_id": 5, "slug": "sailing", "title": "Sailing",
        "category": CategoryRef(id=1, name="General", slug="general"), "level": "beginner", "language": "en",
        "price": 0, "has_certificate": True, "is_draft": False, "is_published": True, "is_deleted": False,
        "staff": [StaffMember(user_id=8, name="I", is_lead=True)], "modules": [],
    }  # fmt: skip
    return CourseState(**(given | fields))


@pytest.fixture
def others(gateway: ServiceUnderTest) -> ServiceUnderTest:
    """All services answer."""
    peers = gateway.peers
    for path in ("/internal/courses/5/", "/internal/courses/"):
        peers.answer("catalog", path, course())
    peers.answer("enrollment", "/internal/analytics/courses/5/", ACTIVITY)
    peers.answer("assessment", "/internal/analytics/courses/5/scores/", SCORES)
    peers.answer(
        "enrollment",
        "/internal/analytics/users/7/",
        LearnerActivity(totals={"visits": 1}, days=[{"day": "2026-11-22"}]),
    )
    peers.answer("catalog", "/internal/analytics/system/", CatalogCounts(courses=4))
    counts = EnrollmentCounts(enrollments=9, completions=2, days=[{"day": "2026-11-22", "logins": 3}])
    peers.answer("enrollment", "/internal/analytics/system/", counts)
    peers.answer("certificate", "/internal/analytics/system/", CertificateCounts(certificates=1))
    return gateway


class FakeUpstreams:
    """Enrollment's public side."""

    def __init__(self, body: bytes | None) -> None:
        self.body = body
        self.asked: list[tuple[Any, ...]] = []

    @asynccontextmanager
    async def ask(self, *asked: Any) -> AsyncIterator[Answer]:
        self.asked.append(asked)
        if self.body is None:
            raise UpstreamDown

        async def pieces() -> AsyncIterator[bytes]:
            yield self.body or b""

        yield Answer(200, [], pieces())

    async def close(self) -> None:
        """Nothing is open."""


class TestCourse:
    @pytest.mark.parametrize("ref", ["5", "sailing"])
    async def test_is_gathered(self, others: ServiceUnderTest, ref: str) -> None:
        answer = await others.client(user(8, "instructor")).get(
            f"/api/analytics/courses/{ref}/", params={"from": "2026-11-01", "to": "2026-11-02"}
        )
        assert answer.status_code == 200
        assert answer.json() == {
            "course": 5, "from": "2026-11-01", "to": "2026-11-02", **ACTIVITY.model_dump(), **SCORES.model_dump(),
            "degraded": [],
        }  # fmt: skip
        asked = {service: params for service, path, params in others.peers.asked if "analytics" in path}
        assert asked["enrollment"] == {"from": "2026-11-01", "to": "2026-11-02"}
        assert asked["assessment"] == {"from": "2026-11-01T00:00:00+00:00", "to": "2026-11-03T00:00:00+00:00"}

    async def test_a_part_that_is_down_is_null_and_named(self, others: ServiceUnderTest) -> None:
        del others.peers.answers["assessment", "/internal/analytics/courses/5/scores/"]
        figures = (await others.client(user(8, "instructor")).get("/api/analytics/courses/5/")).json()
        assert figures["degraded"] == ["assessment"]
        assert figures["score_distribution"] is None
        assert figures["engagement"]["visits"] == 4

    async def test_as_csv(self, others: ServiceUnderTest) -> None:
        client = others.client(user(8, "instructor"))
        answer = await client.get("/api/analytics/courses/5/", headers={"Accept": "text/csv"})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["vary"] == "Accept"
        assert "course-5-analytics.csv" in answer.headers["content-disposition"]
        assert "funnel,12,title,'+1\r\n" in answer.text

    @pytest.mark.parametrize(
        ("caller", "state", "status", "code"),
        [
            (None, {}, 401, "AUTHENTICATION_REQUIRED"),
            (user(8), {}, 403, "ROLE_REQUIRED"),
            (user(9, "instructor"), {}, 403, "PERMISSION_DENIED"),
            (user(9, "instructor"), {"is_published": False, "is_draft": True}, 404, "NOT_FOUND"),
            (user(8, "instructor"), {"is_published": False, "is_draft": True}, 200, None),
            (user(8, "instructor"), {"is_deleted": True}, 404, "NOT_FOUND"),
            (user(1, "administrator"), {}, 200, None),
        ],
    )
    async def test_who_may(
        self, others: ServiceUnderTest, caller: Any, state: dict[str, Any], status: int, code: str | None
    ) -> None:
        others.peers.answer("catalog", "/internal/courses/5/", course(**state))
        answer = await others.client(caller).get("/api/analytics/courses/5/")
        assert (answer.status_code, answer.json().get("code")) == (status, code)

    async def test_unknown_or_without_the_catalog(self, others: ServiceUnderTest) -> None:
        client = others.client(user(8, "instructor"))
        others.peers.answer("catalog", "/internal/courses/", None)
        assert (await client.get("/api/analytics/courses/nothing/")).status_code == 404
        assert (await client.get(f"/api/analytics/courses/{2**63}/")).status_code == 404
        others.peers.answers.clear()
        assert (await client.get("/api/analytics/courses/5/")).status_code == 503

    @pytest.mark.parametrize(
        "query",
        ["from=x", "to=2026-13-01", "from=1999-12-31", "to=3000-01-01", "from=2026-11-02&to=2026-11-01", "from=%00"],
    )
    async def test_bad_days_are_named(self, others: ServiceUnderTest, query: str) -> None:
        answer = await others.client(user(8, "instructor")).get(f"/api/analytics/courses/5/?{query}")
        assert answer.status_code == 400
        assert list(answer.json()) == [query.partition("=")[0]]


class TestLearner:
    async def test_has_standing_and_days(self, others: ServiceUnderTest) -> None:
        upstreams = others.app.state.upstreams = FakeUpstreams(STATS)
        figures = (await others.client(user(7)).get("/api/analytics/learner/")).json()
        assert (figures["total_courses"], figures["learning_streak_days"]) == (3, 2)
        assert figures["days"] == [{"day": "2026-11-22"}]
        assert figures["degraded"] == []
        ((service, method, path, headers),) = upstreams.asked
        assert (service, method, path) == ("enrollment", "GET", "/api/user/progress-stats/")
        assert dict(headers)["X-Syllabus-Identity"]

    @pytest.mark.parametrize("stats", [None, b"not json", b"x" * 100_000])
    async def test_is_partial_without_a_part(self, others: ServiceUnderTest, stats: bytes | None) -> None:
        others.app.state.upstreams = FakeUpstreams(stats)
        figures = (await others.client(user(7)).get("/api/analytics/learner/")).json()
        assert (figures["total_courses"], figures["degraded"]) == (None, ["enrollment"])
        assert figures["totals"] == {"visits": 1}

    async def test_is_unavailable_without_any(self, gateway: ServiceUnderTest) -> None:
        gateway.app.state.upstreams = FakeUpstreams(None)
        assert (await gateway.client(user(7)).get("/api/analytics/learner/")).status_code == 503

    async def test_is_for_the_signed_in(self, others: ServiceUnderTest) -> None:
        assert (await others.client().get("/api/analytics/learner/")).status_code == 401


class TestSystem:
    async def test_counts_everything(self, others: ServiceUnderTest, make_account: Any) -> None:
        await make_account()
        stretch = {"from": "2026-11-01", "to": "2026-11-22"}
        admin = others.client(user(1, "administrator"))
        figures = (await admin.get("/api/analytics/system/", params=stretch)).json()
        assert figures == {
            "users": 1, "courses": 4, "enrollments": 9, "completions": 2, "certificates": 1, "degraded": [],
            "days": [{"day": "2026-11-22", "logins": 3}],
        } | stretch  # fmt: skip
        assert ("enrollment", "/internal/analytics/system/", stretch) in others.peers.asked
        assert (await admin.get("/api/analytics/system/", params={"from": "soon"})).status_code == 400

    async def test_is_partial(self, gateway: ServiceUnderTest) -> None:
        figures = (await gateway.client(user(1, "administrator")).get("/api/analytics/system/")).json()
        assert figures["degraded"] == ["catalog", "enrollment", "certificate"]
        assert figures["courses"] is None

    async def test_is_for_administrators(self, others: ServiceUnderTest) -> None:
        for caller, status in ((None, 401), (user(7), 403), (user(7, "instructor"), 403)):
            assert (await others.client(caller).get("/api/analytics/system/")).status_code == status
