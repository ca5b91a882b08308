import random
import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from certificate.domain.seals import seal
from certificate.domain.signing import SigningKey
from certificate.domain.verification import CHANGED_FILE
from certificate.issuer import issuer
from certificate.models import Certificate
from certificate.routes.verification import NO_RECORD
from shared.testing import ServiceUnderTest, user

URL = "/api/certificates/"
ADMINISTRATOR = user(1, "administrator")


async def newest(service: ServiceUnderTest) -> dict[str, Any]:
    shown: dict[str, Any] = (await service.client(ADMINISTRATOR).get(URL)).json()["results"][0]
    return shown


async def pdf(service: ServiceUnderTest) -> bytes:
    url = (await newest(service))["pdf_url"].removeprefix("http://127.0.0.1:8000")
    return (await service.client(ADMINISTRATOR).get(url)).content


async def verify(service: ServiceUnderTest, file: bytes, status: int = 200) -> dict[str, Any]:
    answer = await service.client().post(f"{URL}verify/", files={"file": ("mine.pdf", file)})
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


class TestVerifyFile:
    async def test_anyone_may_drop_a_certificate(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        body = await verify(certificate, await pdf(certificate))
        number = (await newest(certificate))["certificate_number"]
        by_number = await certificate.client().get(f"{URL}verify/", params={"certificate_number": number})
        assert body == by_number.json()
        assert body["valid"] is True

    async def test_one_revoked_since_does_not_hold(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        file = await pdf(certificate)
        url = f"{URL}{(await newest(certificate))['id']}/revoke/"
        await certificate.client(ADMINISTRATOR).post(url, json={"reason": "Copied work."})
        body = await verify(certificate, file)
        assert (body["valid"], body["reason"]) == (False, "The certificate was revoked: Copied work.")

    async def test_a_file_that_says_something_else_is_found(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        file = await pdf(certificate)
        async with certificate.database.transaction() as session:
            await session.execute(update(Certificate).values(student_name="Impostor"))
        forged = await pdf(certificate)
        async with certificate.database.transaction() as session:
            await session.execute(update(Certificate).values(student_name="Zoë Ångström"))
        assert (await verify(certificate, file))["valid"] is True
        body = await verify(certificate, forged)
        assert (body["valid"], body["student_name"]) == (False, "Zoë Ångström")
        assert (body["checks"]["hash"], body["checks"]["signature"]) == (False, False)

    async def test_one_byte_changed_anywhere_is_found(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        good = await pdf(certificate)
        client = certificate.client()
        record = range(good.index(b"%SyllabusRecord"), good.index(b"startxref"))
        for at in random.Random(7).sample(range(len(good)), 40) + random.Random(7).sample(record, 40):
            bad = bytearray(good)
            bad[at] ^= 1
            answer = await client.post(f"{URL}verify/", files={"file": ("mine.pdf", bytes(bad))})
            assert answer.status_code in (200, 400, 404)
            assert answer.json().get("valid") is not True, at

    async def test_one_without_its_seal_is_told_from_a_forged_one(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue()
        body = await verify(certificate, re.sub(rb"%SyllabusSeal .*\n", b"", await pdf(certificate)))
        assert (body["valid"], body["reason"]) == (False, CHANGED_FILE)
        assert body["checks"] == {"hash": False, "signature": True, "revocation": True, "log": True}

    async def test_one_that_a_reader_added_to_is_told_from_a_forged_one(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue()
        noted = await pdf(certificate) + b"99 0 obj\n<<>>\nendobj\nstartxref\n9\n%%EOF\n"
        assert (await verify(certificate, noted))["reason"] == CHANGED_FILE

    async def test_the_record_of_another_certificate_does_not_hold(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue(7)
        first = await pdf(certificate)
        await issue(8)
        second = await pdf(certificate)
        lines = re.compile(rb"(?:%SyllabusRecord .*\n)+")
        swapped = lines.sub(lines.search(second)[0], first)  # type: ignore[index]
        assert (await verify(certificate, swapped))["reason"] == CHANGED_FILE
        both = lines.sub(lambda found: found[0] * 2, first)
        assert await verify(certificate, both, 400) == {"file": [NO_RECORD]}

    async def test_a_seal_by_another_key_does_not_hold(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        plain = re.sub(rb"%SyllabusSeal .*\n", b"", await pdf(certificate))
        assert (await verify(certificate, seal(plain, SigningKey.generate())))["reason"] == CHANGED_FILE

    async def test_one_sealed_before_a_rotation_still_verifies(
        self, certificate: ServiceUnderTest, issue: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await issue()
        file = await pdf(certificate)
        rotated = replace(issuer(), key=SigningKey.generate())
        for module in ("documents", "verification"):
            monkeypatch.setattr(f"certificate.routes.{module}.issuer", lambda: rotated)
        assert (await verify(certificate, file))["valid"] is True
        again = await pdf(certificate)
        assert again != file
        assert (await verify(certificate, again))["valid"] is True

    async def test_a_number_that_was_never_issued_is_404(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        async with certificate.database.transaction() as session:
            await session.execute(update(Certificate).values(certificate_number="CERT-1"))
        forged = await pdf(certificate)
        async with certificate.database.transaction() as session:
            await session.execute(update(Certificate).values(certificate_number="CERT-2"))
        assert (await verify(certificate, forged, 404))["code"] == "NOT_FOUND"

    @pytest.mark.parametrize(
        ("file", "sentence"),
        [
            (b"", "This is not a PDF."),
            (b"hello", "This is not a PDF."),
            (b"%PDF-1.7\n%%EOF", NO_RECORD),
            (b"%PDF-" + b"x" * 5 * 1024 * 1024, "The file is larger than 5242880 bytes."),
        ],
        ids=["empty", "text", "another", "large"],
    )
    async def test_what_is_none_is_400(self, certificate: ServiceUnderTest, file: bytes, sentence: str) -> None:
        assert await verify(certificate, file, 400) == {"file": [sentence]}

    async def test_a_file_is_needed(self, certificate: ServiceUnderTest) -> None:
        client = certificate.client()
        for sent in ({}, {"files": {"other": b"%PDF-"}}, {"data": {"file": "text"}}, {"json": {"file": "x"}}):
            answer = await client.post(f"{URL}verify/", **sent)  # type: ignore[arg-type]
            assert (answer.status_code, list(answer.json())) == (400, ["file"])

    async def test_far_too_much_is_413(self, certificate: ServiceUnderTest) -> None:
        assert (await verify(certificate, b"%PDF-" + b"x" * 11 * 1024 * 1024, 413))["code"] == "PAYLOAD_TOO_LARGE"
