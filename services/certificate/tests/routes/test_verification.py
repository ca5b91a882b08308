from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from certificate.commands.certificates import issue as issue_certificate
from certificate.domain.attestation import Attestation
from certificate.domain.signing import SigningKey
from certificate.issuer import Issuer, issuer
from certificate.models import Certificate, Completion
from certificate.store import get_copies
from shared.contracts.catalog.events import CourseDeleted
from shared.testing import ServiceUnderTest

URL = "/api/certificates/verify/"
OTHERWISE = "The public log of certificates says otherwise."
FORGED = "What the certificate says is not what was signed."


async def change(service: ServiceUnderTest, **columns: Any) -> None:
    """As somebody with rights on the database, and without the key, would."""
    async with service.database.transaction() as session:
        await session.execute(update(Certificate).values(**columns))


async def number(service: ServiceUnderTest) -> str:
    async with service.database.reading() as session:
        return (await session.scalars(select(Certificate.certificate_number))).one()


async def verify(service: ServiceUnderTest) -> dict[str, Any]:
    answer = await service.client().get(URL, params={"certificate_number": await number(service)})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


class TestVerify:
    async def test_anyone_may_check_a_certificate(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        body = await verify(certificate)
        assert body.pop("issued_at").endswith("Z")
        assert body == {
            "valid": True,
            "status": "active",
            "reason": None,
            "certificate_number": await number(certificate),
            "student_name": "Zoë Ångström",
            "course_title": "Sound Statistics",
            "completion_date": "2026-03-01T12:30:15.250000Z",
            "checks": {"hash": True, "signature": True, "revocation": True, "log": True},
        }

    async def test_one_changed_character_is_found(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        await change(certificate, student_name="Zoe Ångström")
        body = await verify(certificate)
        assert (body["valid"], body["reason"]) == (False, FORGED)
        assert body["checks"] == {"hash": False, "signature": False, "revocation": True, "log": True}

    @pytest.mark.parametrize(
        "columns",
        [
            {"certificate_number": "CERT-5-7-20990101000000000"},
            {"course_id": 6},
            {"course_id": 2**60},
            {"course_title": "Sound statistics"},
            {"user_id": 8},
            {"instructor_name": ""},
            {"completion_date": datetime(2026, 3, 1, 12, 30, 15, 250_001, tzinfo=UTC)},
            {"issued_at": datetime(2020, 1, 1, tzinfo=UTC)},
            {"template_version": "2"},
        ],
        ids=str,
    )
    async def test_any_attested_fact_that_was_changed_is_found(
        self, certificate: ServiceUnderTest, issue: Any, columns: dict[str, Any]
    ) -> None:
        await issue()
        await change(certificate, **columns)
        body = await verify(certificate)
        assert (body["valid"], body["checks"]["hash"], body["checks"]["signature"]) == (False, False, False)

    async def test_a_hash_made_to_fit_does_not_help(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        async with certificate.database.reading() as session:
            stored = (await session.scalars(select(Certificate))).one()
        stored.student_name = "Impostor"
        await change(certificate, student_name="Impostor", verification_hash=Attestation.of(stored).verification_hash())
        body = await verify(certificate)
        assert (body["valid"], body["checks"]["hash"], body["checks"]["signature"]) == (False, True, False)

    async def test_another_signature_is_found(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        await change(certificate, signature="A" * 86)
        body = await verify(certificate)
        assert (body["valid"], body["checks"]["hash"], body["checks"]["signature"]) == (False, True, False)

    async def test_one_revoked_behind_the_services_back_does_not_hold(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue()
        await change(certificate, status="revoked", revocation_date=datetime.now(UTC), revocation_reason="Copied work.")
        body = await verify(certificate)
        assert (body["valid"], body["status"]) == (False, "revoked")
        assert body["reason"] == OTHERWISE
        assert body["checks"] == {"hash": True, "signature": True, "revocation": False, "log": False}

    async def test_an_expired_one_does_not_hold(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        await change(certificate, expires_at=datetime.now(UTC) - timedelta(seconds=1))
        body = await verify(certificate)
        assert (body["valid"], body["status"]) == (False, "expired")

    async def test_a_deleted_courses_certificates_still_verify(
        self, certificate: ServiceUnderTest, issue: Any, course: Any
    ) -> None:
        await issue()
        await certificate.deliver(course(CourseDeleted, version=2, is_deleted=True))
        assert (await verify(certificate))["valid"] is True

    async def test_an_unknown_number_is_404(self, certificate: ServiceUnderTest) -> None:
        answer = await certificate.client().get(URL, params={"certificate_number": "CERT-1-1-20260101000000000"})
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")

    async def test_a_number_with_one_character_changed_is_another(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue()
        good = await number(certificate)
        for at, character in enumerate(good):
            bad = good[:at] + ("1" if character != "1" else "2") + good[at + 1 :]
            assert (await certificate.client().get(URL, params={"certificate_number": bad})).status_code == 404

    async def test_blanks_around_the_number_do_no_harm(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        answer = await certificate.client().get(URL, params={"certificate_number": f" {await number(certificate)} "})
        assert answer.json()["valid"] is True

    @pytest.mark.parametrize("wrong", [None, "", "   ", "C" * 51, "CERT\0"])
    async def test_a_number_that_is_none_is_400(self, certificate: ServiceUnderTest, wrong: str | None) -> None:
        params = {} if wrong is None else {"certificate_number": wrong}
        answer = await certificate.client().get(URL, params=params)
        assert answer.status_code == 400
        assert list(answer.json()) == ["certificate_number"]


class TestKeys:
    async def test_are_a_jwk_set_open_to_all(self, certificate: ServiceUnderTest) -> None:
        answer = await certificate.client().get("/api/certificates/keys/")
        assert answer.json() == {
            "keys": [
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "x": issuer().key.public.x,
                    "kid": issuer().key.kid,
                    "use": "sig",
                    "alg": "Ed25519",
                }
            ]
        }

    async def test_a_key_that_was_rotated_out_still_verifies(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(has_certificate=False)
        old = SigningKey.generate()
        async with certificate.database.transaction() as session:
            completion = (await session.scalars(select(Completion))).one()
            course, learner = await get_copies(session, completion)
            assert course is not None
            assert learner is not None
            signer = Issuer(old, "https://learn.example")
            await issue_certificate(session, completion, course, learner, signer, now=datetime.now(UTC))
        body = await verify(certificate)
        assert (body["valid"], body["checks"]["signature"]) == (True, True)
        keys = (await certificate.client().get("/api/certificates/keys/")).json()["keys"]
        assert [key["kid"] for key in keys] == [old.kid, issuer().key.kid]
