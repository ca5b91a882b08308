import hashlib
from typing import Any

import pytest
import rfc8785

from certificate.domain.signing import VerifyingKey
from shared.contracts.catalog.events import CourseState, StaffMember
from shared.testing import ServiceUnderTest, user

COURSE, LEARNER, INSTRUCTOR = 5, 7, 3
HOLDER = user(LEARNER, premium=True)
STAFF = user(INSTRUCTOR, "instructor")
ADMINISTRATOR = user(1, "administrator")
URL = "/api/certificates/"


async def numbers(service: ServiceUnderTest, caller: Any, **params: str) -> list[int]:
    """Whose certificates a caller is shown."""
    answer = await service.client(caller).get(URL, params=params)
    assert answer.status_code == 200, answer.text
    return [each["user"] for each in answer.json()["results"]]


class TestList:
    async def test_shows_ones_own(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(LEARNER, 8)
        answer = await certificate.client(HOLDER).get(URL)
        body = answer.json()
        assert (body["count"], body["next"], body["previous"]) == (1, None, None)
        [shown] = body["results"]
        assert shown["certificate_number"].startswith("CERT-5-7-")
        assert shown["enrollment"] == 5007
        assert shown["course"] == {"id": COURSE, "title": "Sound Statistics", "slug": "sound-statistics"}
        assert shown["completion_date"] == "2026-03-01T12:30:15.250000Z"
        assert (shown["is_valid"], shown["status"], shown["template_version"]) == (True, "active", "1")
        assert (shown["revocation_date"], shown["revocation_reason"]) == (None, "")
        assert (shown["supersedes"], shown["expires_at"]) == (None, None)
        assert shown["verification_url"] == f"http://127.0.0.1:8000/verify/{shown['certificate_number']}"
        assert shown["pdf_url"] == f"http://127.0.0.1:8000/api/certificates/{shown['id']}/pdf/"
        assert shown["credential_url"] == f"http://127.0.0.1:8000/api/certificates/{shown['id']}/credential/"

    async def test_learners_need_a_subscription(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        answer = await certificate.client(user(LEARNER)).get(URL)
        assert (answer.status_code, answer.json()["code"]) == (403, "SUBSCRIPTION_REQUIRED")

    async def test_administrators_see_all(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(LEARNER, 8)
        await issue(9, course_id=6, slug="other")
        assert await numbers(certificate, ADMINISTRATOR) == [9, 8, 7]
        assert await numbers(certificate, ADMINISTRATOR, course="6") == [9]
        assert await numbers(certificate, ADMINISTRATOR, course="other") == [9]

    async def test_staff_see_their_course_only_when_they_name_it(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue(LEARNER, 8)
        assert await numbers(certificate, STAFF) == []
        assert await numbers(certificate, STAFF, course=str(COURSE)) == [8, 7]
        assert await numbers(certificate, STAFF, course="sound-statistics") == [8, 7]

    async def test_others_see_their_own_of_a_course(
        self, certificate: ServiceUnderTest, issue: Any, course: Any
    ) -> None:
        await issue(LEARNER, 8, 11)
        await issue(LEARNER, course_id=6, slug="other")
        certificate.peers.answer("catalog", "/internal/courses/5/", course(CourseState))
        assert await numbers(certificate, HOLDER, course="5") == [LEARNER]
        assert await numbers(certificate, user(11, "instructor"), course="5") == [11]

    async def test_the_catalog_says_who_is_staff_where_the_copy_says_no(
        self, certificate: ServiceUnderTest, issue: Any, course: Any
    ) -> None:
        await issue(LEARNER)
        newcomer = StaffMember(user_id=12, name="New", is_lead=False)
        certificate.peers.answer("catalog", "/internal/courses/5/", course(CourseState, version=2, staff=[newcomer]))
        assert await numbers(certificate, user(12, "instructor"), course="5") == [LEARNER]
        assert await numbers(certificate, user(12, "instructor"), course="5") == [LEARNER]
        assert len(certificate.peers.asked) == 1

    async def test_a_slug_that_the_copy_lacks_is_asked_for(
        self, certificate: ServiceUnderTest, issue: Any, course: Any
    ) -> None:
        await issue(LEARNER)
        certificate.peers.answer("catalog", "/internal/courses/", course(CourseState, version=2, slug="renamed"))
        assert await numbers(certificate, HOLDER, course="renamed") == [LEARNER]
        assert certificate.peers.asked == [("catalog", "/internal/courses/", {"slug": "renamed"})]

    async def test_of_no_course_there_are_none(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(LEARNER)
        certificate.peers.answer("catalog", "/internal/courses/", None)
        for nowhere in ("no-such-course", "0", "9" * 100):
            assert await numbers(certificate, ADMINISTRATOR, course=nowhere) == []

    async def test_while_the_catalog_is_down_a_refusal_is_503(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(LEARNER)
        client = certificate.client(user(12, "instructor"))
        answer = await client.get(URL, params={"course": "5"})
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert answer.headers["Retry-After"]
        assert (await client.get(URL, params={"course": "unknown-slug"})).status_code == 503
        assert await numbers(certificate, STAFF, course="5") == [LEARNER]

    async def test_pages_and_cursors_lead_through_all(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(*range(20, 27))
        client = certificate.client(ADMINISTRATOR)
        for query in ({"page_size": "3"}, {"page_size": "3", "cursor": ""}, {"ordering": "completion_date"}):
            seen, url = [], str(client.build_request("GET", URL, params=query).url)
            while url:
                body = (await client.get(url.replace("http://127.0.0.1:8000", ""))).json()
                seen += [each["user"] for each in body["results"]]
                url = body["next"]
            assert sorted(seen) == list(range(20, 27))

    @pytest.mark.parametrize(
        ("params", "field"),
        [
            ({"course": ""}, "course"),
            ({"course": "a" * 256}, "course"),
            ({"course": "a\0b"}, "course"),
            ({"page": "0"}, "page"),
            ({"page": "x"}, "page"),
            ({"page": "9" * 30}, "page"),
            ({"page_size": "-1"}, "page_size"),
            ({"cursor": "nonsense"}, "cursor"),
            ({"ordering": "student_name"}, "ordering"),
        ],
    )
    async def test_bad_input_is_named(self, certificate: ServiceUnderTest, params: dict[str, str], field: str) -> None:
        answer = await certificate.client(ADMINISTRATOR).get(URL, params=params)
        assert answer.status_code == 400
        assert list(answer.json()) == [field]


class TestDetail:
    async def url(self, service: ServiceUnderTest) -> str:
        body = (await service.client(ADMINISTRATOR).get(URL)).json()
        return f"{URL}{body['results'][0]['id']}/"

    async def test_shows_exactly_what_is_attested(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        shown = (await certificate.client(HOLDER).get(await self.url(certificate))).json()
        attested = shown["attested"]
        assert attested == {
            "certificate_number": shown["certificate_number"],
            "course_id": COURSE,
            "course_title": "Sound Statistics",
            "user_id": LEARNER,
            "student_name": "Zoë Ångström",
            "instructor_name": "Ivo Lead",
            "completion_date": shown["completion_date"],
            "issued_at": shown["issued_at"],
            "template_version": "1",
        }
        data = rfc8785.dumps(attested)
        assert shown["verification_hash"] == hashlib.sha256(data).hexdigest()
        keys = (await certificate.client().get("/api/certificates/keys/")).json()["keys"]
        [key] = [key for key in keys if key["kid"] == shown["key_id"]]
        assert VerifyingKey(key["x"]).verify(data, shown["signature"])

    async def test_while_the_catalog_is_down_a_refusal_to_teachers_is_503(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue()
        answer = await certificate.client(user(11, "instructor")).get(await self.url(certificate))
        assert answer.status_code == 503

    @pytest.mark.parametrize(("path", "status"), [("1", 404), (str(2**63), 400), ("0", 400), ("-1", 400), ("x", 400)])
    async def test_an_absurd_id_is_no_error_of_ours(
        self, certificate: ServiceUnderTest, path: str, status: int
    ) -> None:
        assert (await certificate.client(HOLDER).get(f"{URL}{path}/")).status_code == status
