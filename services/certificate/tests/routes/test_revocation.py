import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from certificate.models import Certificate
from shared.contracts.catalog.events import CourseState
from shared.contracts.certificate.events import CertificateIssued, CertificateRevoked, CertificateSuperseded
from shared.contracts.gateway.events import UserUpdated
from shared.testing import ServiceUnderTest, user

COURSE, LEARNER, INSTRUCTOR = 5, 7, 3
URL = "/api/certificates/"
STAFF = user(INSTRUCTOR, "instructor")
ADMINISTRATOR = user(1, "administrator")
REASON = {"reason": "Copied work."}


async def newest(service: ServiceUnderTest) -> dict[str, Any]:
    body = (await service.client(ADMINISTRATOR).get(URL)).json()
    shown: dict[str, Any] = body["results"][0]
    return shown


async def verify(service: ServiceUnderTest, number: str) -> dict[str, Any]:
    answer = await service.client().get(f"{URL}verify/", params={"certificate_number": number})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


class TestRevoke:
    async def test_takes_it_back_and_says_why(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        shown = await newest(certificate)
        answer = await certificate.client(STAFF).post(f"{URL}{shown['id']}/revoke/", json=REASON)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["status"], body["is_valid"], body["revocation_reason"]) == ("revoked", False, "Copied work.")
        assert body["revocation_date"].endswith("Z")
        checked = await verify(certificate, shown["certificate_number"])
        assert (checked["valid"], checked["status"], checked["checks"]["revocation"]) == (False, "revoked", False)
        assert checked["reason"] == "The certificate was revoked: Copied work."
        [told] = await certificate.events(CertificateRevoked)
        assert (told.certificate_id, told.version, told.status) == (shown["id"], 2, "revoked")

    async def test_twice_keeps_the_first_reason(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        url = f"{URL}{(await newest(certificate))['id']}/revoke/"
        client = certificate.client(STAFF)
        first = await client.post(url, json=REASON)
        second = await client.post(url, json={"reason": "Another."})
        assert (second.status_code, second.json()) == (200, first.json())
        assert len(await certificate.events(CertificateRevoked)) == 1

    async def test_an_expired_one_can_be_revoked(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        shown = await newest(certificate)
        async with certificate.database.transaction() as session:
            await session.execute(update(Certificate).values(expires_at=datetime.now(UTC) - timedelta(days=1)))
        answer = await certificate.client(STAFF).post(f"{URL}{shown['id']}/revoke/", json=REASON)
        assert answer.json()["status"] == "revoked"

    async def test_many_at_once_revoke_once(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        url = f"{URL}{(await newest(certificate))['id']}/revoke/"
        answers = await asyncio.gather(
            *(certificate.client(STAFF).post(url, json={"reason": f"Reason {n}"}) for n in range(5))
        )
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.json()["revocation_reason"] for answer in answers}) == 1
        assert len(await certificate.events(CertificateRevoked)) == 1

    @pytest.mark.parametrize(
        "body",
        [{}, {"reason": ""}, {"reason": "  "}, {"reason": "a" * 1001}, {"reason": "a\0"}, {"reason": 5}, None],
        ids=lambda body: str(body)[:20],
    )
    async def test_a_reason_is_needed(self, certificate: ServiceUnderTest, issue: Any, body: Any) -> None:
        await issue()
        url = f"{URL}{(await newest(certificate))['id']}/revoke/"
        answer = await certificate.client(STAFF).post(url, json=body)
        assert answer.status_code == 400
        assert list(answer.json()) == (["non_field_errors"] if body is None else ["reason"])
        assert (await newest(certificate))["status"] == "active"

    async def test_while_the_catalog_is_down_other_teachers_get_503(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue()
        url = f"{URL}{(await newest(certificate))['id']}/revoke/"
        assert (await certificate.client(user(11, "instructor")).post(url, json=REASON)).status_code == 503


class TestReissue:
    async def test_puts_a_corrected_one_in_its_place(
        self, certificate: ServiceUnderTest, issue: Any, course: Any
    ) -> None:
        await issue()
        old = await newest(certificate)
        await certificate.deliver(course(version=2, title="Renamed since"))
        url = f"{URL}{old['id']}/reissue/"
        answer = await certificate.client(STAFF).post(url, json={"student_name": " Zoë Björk "})
        assert answer.status_code == 201, answer.text
        new = answer.json()
        assert (new["student_name"], new["supersedes"], new["status"]) == ("Zoë Björk", old["id"], "active")
        assert new["certificate_number"] != old["certificate_number"]
        for kept in ("enrollment", "user", "course", "instructor_name", "completion_date"):
            assert new[kept] == old[kept]
        assert (await verify(certificate, new["certificate_number"]))["valid"] is True
        checked = await verify(certificate, old["certificate_number"])
        assert (checked["valid"], checked["status"]) == (False, "superseded")
        assert checked["reason"] == "A newer certificate takes the place of this one."
        superseded, issued = (await certificate.events())[-2:]
        assert isinstance(superseded, CertificateSuperseded)
        assert (superseded.certificate_id, superseded.version, superseded.status) == (old["id"], 2, "superseded")
        assert isinstance(issued, CertificateIssued)
        assert (issued.certificate_id, issued.version, issued.supersedes) == (new["id"], 1, old["id"])

    @pytest.mark.parametrize("body", [None, {}, {"student_name": None}])
    async def test_without_a_name_takes_the_present_one(
        self, certificate: ServiceUnderTest, issue: Any, learner: Any, body: Any
    ) -> None:
        await issue()
        old = await newest(certificate)
        await certificate.deliver(learner(UserUpdated, version=2, full_name="Zoë Björk"))
        answer = await certificate.client(STAFF).post(f"{URL}{old['id']}/reissue/", json=body)
        assert (answer.status_code, answer.json()["student_name"]) == (201, "Zoë Björk")

    async def test_again_goes_on_from_the_newest(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        first = await newest(certificate)
        client = certificate.client(STAFF)
        second = (await client.post(f"{URL}{first['id']}/reissue/")).json()
        again = await client.post(f"{URL}{first['id']}/reissue/")
        assert again.status_code == 400
        assert again.json() == {
            "non_field_errors": ["The certificate was reissued already: a newer one takes its place."]
        }
        assert (await client.post(f"{URL}{first['id']}/revoke/", json=REASON)).status_code == 400
        third = (await client.post(f"{URL}{second['id']}/reissue/")).json()
        assert third["supersedes"] == second["id"]

    async def test_many_at_once_reissue_once(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        url = f"{URL}{(await newest(certificate))['id']}/reissue/"
        answers = await asyncio.gather(*(certificate.client(STAFF).post(url) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400, 400]
        assert len(await certificate.events(CertificateSuperseded)) == 1

    async def test_revoked_or_expired_ones_are_not_reissued(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(LEARNER, 8)
        client = certificate.client(STAFF)
        revoked = (await newest(certificate))["id"]
        await client.post(f"{URL}{revoked}/revoke/", json=REASON)
        async with certificate.database.transaction() as session:
            gone = datetime.now(UTC) - timedelta(days=1)
            await session.execute(update(Certificate).where(Certificate.id != revoked).values(expires_at=gone))
        for each in (await client.get(URL, params={"course": "5"})).json()["results"]:
            assert (await client.post(f"{URL}{each['id']}/reissue/")).status_code == 400

    @pytest.mark.parametrize("name", ["", "  ", "a" * 302, "a\0", 5])
    async def test_a_name_has_limits(self, certificate: ServiceUnderTest, issue: Any, name: Any) -> None:
        await issue()
        url = f"{URL}{(await newest(certificate))['id']}/reissue/"
        answer = await certificate.client(STAFF).post(url, json={"student_name": name})
        assert (answer.status_code, list(answer.json())) == (400, ["student_name"])


@pytest.mark.parametrize("action", ["revoke", "reissue"])
class TestPermissions:
    async def test_a_holder_who_teaches_elsewhere_may_see_it_but_not_do_this(
        self, certificate: ServiceUnderTest, issue: Any, course: Any, action: str
    ) -> None:
        await issue()
        certificate.peers.answer("catalog", "/internal/courses/5/", course(CourseState))
        url = f"{URL}{(await newest(certificate))['id']}/{action}/"
        answer = await certificate.client(user(LEARNER, "instructor")).post(url, json=REASON)
        assert (answer.status_code, answer.json()["code"]) == (403, "PERMISSION_DENIED")
        assert (await newest(certificate))["status"] == "active"

    async def test_of_nothing_is_404(self, certificate: ServiceUnderTest, action: str) -> None:
        client = certificate.client(ADMINISTRATOR)
        assert (await client.post(f"{URL}1/{action}/", json=REASON)).status_code == 404
        assert (await client.post(f"{URL}{2**63}/{action}/", json=REASON)).status_code == 400
