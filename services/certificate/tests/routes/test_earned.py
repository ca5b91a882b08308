from datetime import UTC, datetime
from typing import Any

from sqlalchemy import update

from certificate.models import Certificate
from shared.auth import ServiceCaller
from shared.contracts.certificate.http import EarnedCertificates
from shared.testing import ServiceUnderTest, user

LEARNER = 7
URL = f"/internal/users/{LEARNER}/certificates/"


async def earned(certificate: ServiceUnderTest) -> int:
    answer = await certificate.client(ServiceCaller("gateway")).get(URL)
    assert answer.status_code == 200
    return EarnedCertificates.model_validate_json(answer.content).certificates_earned


async def test_those_of_the_user_count(certificate: ServiceUnderTest, issue: Any) -> None:
    assert await earned(certificate) == 0
    await issue(LEARNER, 8)
    await issue(LEARNER, course_id=6, slug="other")
    assert await earned(certificate) == 2


async def test_those_that_hold_no_more_do_not(certificate: ServiceUnderTest, issue: Any) -> None:
    await issue(LEARNER)
    await issue(LEARNER, course_id=6, slug="other")
    async with certificate.database.transaction() as session:
        over = update(Certificate).where(Certificate.course_id == 6)
        await session.execute(over.values(expires_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert await earned(certificate) == 1


async def test_users_do_not_find_it(certificate: ServiceUnderTest) -> None:
    assert (await certificate.client(user(1, "administrator")).get(URL)).status_code == 404
