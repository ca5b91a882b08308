from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from certificate.models import Certificate
from certificate.offline import find_record
from shared.testing import ServiceUnderTest, user

COURSE, LEARNER, INSTRUCTOR = 5, 7, 3
URL = "/api/certificates/"
HOLDER = user(LEARNER)


async def pdf_url(service: ServiceUnderTest) -> str:
    body = (await service.client(user(1, "administrator")).get(URL)).json()
    url = str(body["results"][0]["pdf_url"])
    assert url.startswith("http://127.0.0.1:8000/api/certificates/")
    return url.removeprefix("http://127.0.0.1:8000")


async def change(service: ServiceUnderTest, **columns: Any) -> None:
    async with service.database.transaction() as session:
        await session.execute(update(Certificate).values(**columns))


class TestPdf:
    async def test_is_a_page_that_holds_the_signed_record(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        url = await pdf_url(certificate)
        client = certificate.client(HOLDER)
        answer = await client.get(url)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
        assert answer.content.startswith(b"%PDF-1.7")
        assert b"pdfaid:part>2<" in answer.content
        assert b"pdfuaid:part>1<" in answer.content
        shown = (await client.get(url.removesuffix("pdf/"))).json()
        assert find_record(answer.content) == {
            name: shown[name] for name in ("attested", "verification_hash", "signature", "key_id")
        }
        assert shown["certificate_number"] in answer.headers["Content-Disposition"]

    async def test_is_the_same_each_time(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        url, client = await pdf_url(certificate), certificate.client(HOLDER)
        first, second = await client.get(url), await client.get(url)
        assert first.content == second.content
        again = await client.get(url, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    async def test_fits_either_paper(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        url, client = await pdf_url(certificate), certificate.client(HOLDER)
        assert b"/MediaBox[0 0 841.8898 595.2756]" in (await client.get(url)).content
        assert b"/MediaBox[0 0 792 612]" in (await client.get(url, params={"paper": "letter"})).content

    @pytest.mark.parametrize(
        "columns",
        [
            {"status": "revoked", "revocation_date": datetime(2026, 4, 1, tzinfo=UTC)},
            {"status": "superseded"},
            {"expires_at": datetime(2026, 4, 1, tzinfo=UTC)},
        ],
        ids=["revoked", "superseded", "expired"],
    )
    async def test_one_no_longer_in_force_says_so(
        self, certificate: ServiceUnderTest, issue: Any, columns: dict[str, Any]
    ) -> None:
        await issue()
        url, client = await pdf_url(certificate), certificate.client(HOLDER)
        before = await client.get(url)
        await change(certificate, **columns)
        after = await client.get(url, headers={"If-None-Match": before.headers["ETag"]})
        assert after.status_code == 200
        assert after.content != before.content

    async def test_another_paper_is_named(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        answer = await certificate.client(HOLDER).get(await pdf_url(certificate), params={"paper": "a5"})
        assert (answer.status_code, list(answer.json())) == (400, ["paper"])

    async def test_of_nothing_there_is_none(self, certificate: ServiceUnderTest) -> None:
        assert (await certificate.client(HOLDER).get(f"{URL}1/pdf/")).status_code == 404
        assert (await certificate.client(HOLDER).get(f"{URL}{2**63}/pdf/")).status_code == 400
