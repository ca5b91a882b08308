"""Users and certificates, copied."""

from datetime import UTC, datetime
from typing import Any

from shared.contracts.certificate.events import CertificateIssued, CertificateRevoked, CertificateSuperseded
from shared.contracts.gateway.events import UserRegistered, UserUpdated
from shared.testing import ServiceUnderTest, user


def certificate(certificate_id: int, user_id: int = 7, **changes: Any) -> CertificateIssued:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    fields: dict[str, Any] = {
        "version": 1,
        "certificate_number": f"CERT-5-{user_id}-{certificate_id}",
        "enrollment_id": certificate_id,
        "course_id": 5,
        "course_title": "First aid",
        "status": "active",
        "completion_date": moment,
        "issued_at": moment,
        "verification_url": "http://127.0.0.1:8000/verify/x",
    }
    return CertificateIssued(certificate_id=certificate_id, user_id=user_id, **fields | changes)


async def name_of_learner(service: ServiceUnderTest) -> str:
    async with service.client(user(500, "instructor")) as client:
        [row] = (await client.get("/api/courses/5/enrollments/")).json()["results"]
    return str(row["user_name"])


class TestUsers:
    async def test_a_learners_name_is_known_from_enrolling_on(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        await enroll()
        assert await name_of_learner(enrollment) == "Ada Learner"

    async def test_the_newest_name_wins_in_any_order(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any
    ) -> None:
        await enrollment.deliver(course())
        newer = UserUpdated(version=3, user_id=7, full_name="Ada Newer", role="student", is_active=True)
        older = UserRegistered(version=1, user_id=7, full_name="Ada Older", role="student", is_active=True)
        await enrollment.deliver(newer, older, newer)
        await enroll()
        assert await name_of_learner(enrollment) == "Ada Newer"


class TestCertificates:
    async def test_they_are_counted_once_each(self, enrollment: ServiceUnderTest) -> None:
        await enrollment.deliver(certificate(1), certificate(2), certificate(1), certificate(3, user_id=8))
        async with enrollment.client(user(7)) as client:
            stats = (await client.get("/api/user/progress-stats/")).json()
        assert stats["certificates_earned"] == 2

    async def test_one_that_is_revoked_or_superseded_counts_no_more(self, enrollment: ServiceUnderTest) -> None:
        revoked = CertificateRevoked(**dict(certificate(1, version=2, status="revoked")))
        superseded = CertificateSuperseded(**dict(certificate(2, version=2, status="superseded")))
        reissued = certificate(4, supersedes=2)
        await enrollment.deliver(revoked, certificate(1), certificate(2), superseded, certificate(3), reissued, revoked)
        async with enrollment.client(user(7)) as client:
            stats = (await client.get("/api/user/progress-stats/")).json()
        assert stats["certificates_earned"] == 2
