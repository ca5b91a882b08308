from typing import Any

import pytest
from sqlalchemy import select, text

from certificate.models import Certificate, Completion, User
from shared.auth import ServiceCaller
from shared.contracts.certificate.events import CertificateIssued, CertificateRevoked, CertificateUserDataErased
from shared.contracts.gateway.events import UserErased, UserUpdated
from shared.testing import ServiceUnderTest, user

LEARNER = 7
ADMINISTRATOR = user(1, "administrator")
GATEWAY = ServiceCaller("gateway")


@pytest.fixture
def erased(learner: Any) -> UserErased:
    event: UserErased = learner(UserErased, version=9, full_name="", is_active=False)
    return event


async def shown(service: ServiceUnderTest) -> list[dict[str, Any]]:
    body = (await service.client(ADMINISTRATOR).get("/api/certificates/")).json()
    results: list[dict[str, Any]] = body["results"]
    return results


class TestErased:
    async def test_the_name_is_gone_and_the_certificate_says_so(
        self, certificate: ServiceUnderTest, issue: Any, erased: UserErased
    ) -> None:
        await issue(LEARNER, 8)
        [other, before] = await shown(certificate)
        pdf_url = before["pdf_url"].removeprefix("http://127.0.0.1:8000")
        pdf = (await certificate.client(ADMINISTRATOR).get(pdf_url)).content
        await certificate.deliver(erased)
        [_, after] = await shown(certificate)
        assert (after["student_name"], after["status"]) == ("", "revoked")
        url = "/api/certificates/verify/"
        found = (
            await certificate.client().get(url, params={"certificate_number": before["certificate_number"]})
        ).json()
        assert (found["valid"], found["student_name"]) == (False, "")
        assert found["reason"] == "The certificate was revoked: The holder's data was erased."
        assert found["checks"] == {"hash": None, "signature": None, "revocation": False, "log": True}
        dropped = (await certificate.client().post(url, files={"file": pdf})).json()
        assert (dropped["valid"], dropped["status"], dropped["student_name"]) == (False, "revoked", "")
        for path in ("pdf", "credential"):
            answer = await certificate.client(ADMINISTRATOR).get(f"/api/certificates/{before['id']}/{path}/")
            assert answer.status_code == 404
        async with certificate.database.reading() as session:
            rows = await session.execute(text("SELECT certificates::text FROM certificates"))
            assert sum("Zoë" in row for row in rows.scalars()) == 1
            assert await session.scalar(select(User.full_name).where(User.user_id == LEARNER)) == ""
        assert (await shown(certificate))[0] == other

    async def test_it_is_told_once_for_each(
        self, certificate: ServiceUnderTest, issue: Any, erased: UserErased
    ) -> None:
        await issue()
        await certificate.deliver(erased)
        [told] = await certificate.events(CertificateUserDataErased)
        assert (told.user_id, told.version) == (LEARNER, 9)
        assert told.erased["certificates"] == 1
        await certificate.deliver(erased)
        assert len(await certificate.events(CertificateRevoked)) == 1
        assert (await certificate.events(CertificateUserDataErased))[1].erased["certificates"] == 0

    async def test_a_superseded_one_loses_its_name_too(
        self, certificate: ServiceUnderTest, issue: Any, erased: UserErased
    ) -> None:
        await issue()
        [old] = await shown(certificate)
        await certificate.client(ADMINISTRATOR).post(f"/api/certificates/{old['id']}/reissue/")
        await certificate.deliver(erased)
        assert [(each["status"], each["student_name"]) for each in await shown(certificate)] == [
            ("revoked", ""),
            ("superseded", ""),
        ]

    async def test_nothing_is_issued_after(
        self, certificate: ServiceUnderTest, course: Any, learner: Any, enrollment: Any, erased: UserErased,
        standing: Any, settle: Any,
    ) -> None:  # fmt: skip
        standing()
        await certificate.deliver(course(), learner(), enrollment(), erased, learner(UserUpdated, version=2))
        await certificate.deliver(enrollment(enrollment_id=51))
        await settle()
        assert await certificate.events(CertificateIssued) == []
        async with certificate.database.reading() as session:
            assert set(await session.scalars(select(Completion.state))) == {"not_applicable"}


class TestInternal:
    async def test_an_export_has_all(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        body = (await certificate.client(GATEWAY).get(f"/internal/users/{LEARNER}/export/")).json()
        assert [each["student_name"] for each in body["certificates"]] == ["Zoë Ångström"]
        assert [each["state"] for each in body["completions"]] == ["issued"]
        assert (await certificate.client(GATEWAY).get("/internal/users/99/export/")).json() == {
            "certificates": [],
            "completions": [],
        }

    async def test_counts_leave_out_what_was_taken_back(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(LEARNER, 8)
        [first, _] = await shown(certificate)
        await certificate.client(ADMINISTRATOR).post(f"/api/certificates/{first['id']}/reissue/")
        client = certificate.client(GATEWAY)
        for user_id, count in ((LEARNER, 1), (8, 1), (9, 0)):
            body = (await client.get(f"/internal/users/{user_id}/certificates/count/")).json()
            assert body == {"certificates_earned": count}
        assert (await client.get("/internal/analytics/system/")).json() == {"certificates": 2}

    @pytest.mark.parametrize("path", ["users/7/export/", "users/7/certificates/count/", "analytics/system/"])
    async def test_is_for_services(self, certificate: ServiceUnderTest, path: str) -> None:
        assert (await certificate.client(ADMINISTRATOR).get(f"/internal/{path}")).status_code == 404
        assert (await certificate.client().get(f"/internal/{path}")).status_code == 401


class TestCorrelation:
    async def test_the_request_that_completes_is_told_on(
        self, certificate: ServiceUnderTest, course: Any, learner: Any, enrollment: Any, standing: Any, settle: Any
    ) -> None:
        from shared.telemetry import request_id

        standing()
        await certificate.deliver(course(), learner(), enrollment())
        completed_by = request_id()
        assert completed_by
        await certificate.deliver(learner(user_id=99))
        await settle()
        async with certificate.database.reading() as session:
            rows = await session.execute(
                text("SELECT correlation_id FROM outbox WHERE type = 'certificate.certificate.issued.v1'")
            )
            assert rows.scalars().all() == [completed_by]
            assert await session.scalar(select(Certificate.status)) == "active"
