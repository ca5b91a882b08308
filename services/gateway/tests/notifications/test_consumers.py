"""Who is told of what."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from gateway.notifications.commands import fanouts
from gateway.notifications.commands.fanouts import carry_out_batch
from gateway.notifications.schedules import carry_out_fanouts
from shared.contracts.assessment.events import AttemptSubmitted
from shared.contracts.certificate.events import CertificateIssued, CertificateRevoked
from shared.contracts.enrollment.events import EnrollmentCompleted, EnrollmentUnenrolled, ReviewCreated
from shared.contracts.gateway.events import NotificationCreated
from shared.testing import ServiceUnderTest, statements

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def _count(gateway: ServiceUnderTest, table: str) -> int:
    async with gateway.database.reading() as session:
        return int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def certificate(kind: Any, user_id: int, **fields: Any) -> Any:
    given = {
        "version": 1, "certificate_id": 4, "certificate_number": "CERT-5-1-20261101", "enrollment_id": 1,
        "user_id": user_id, "course_id": 5, "course_title": "Sailing", "status": "active", "completion_date": NOW,
        "issued_at": NOW, "verification_url": "http://x/verify/CERT-5-1-20261101",
    }  # fmt: skip
    return kind(**(given | fields))


class TestLearner:
    async def test_is_told_of_a_result_once(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada = await make_account()
        event = make.graded(ada.id)
        await gateway.deliver(event, event)
        await gateway.deliver(make.course())
        (one,) = (await listing(ada.id))["results"]
        assert one["type"] == "assessment_graded"
        assert one["body"] == "You have 80 % in an assessment of “Sailing”, and passed."
        assert one["data"]["attempt_id"] == 31
        assert one["data"]["course_id"] == 5
        (told,) = await gateway.events(NotificationCreated)
        assert (told.notification_id, told.user_id, told.type) == (one["id"], ada.id, "assessment_graded")

    async def test_is_told_again_when_a_regrade_changes_the_result(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada = await make_account()
        await gateway.deliver(
            make.graded(ada.id), make.graded(ada.id, version=3), make.graded(ada.id, version=4, score=9)
        )
        assert (await listing(ada.id))["count"] == 2

    @pytest.mark.parametrize(
        ("event", "kind"),
        [
            ((CertificateIssued, {}), "certificate_issued"),
            ((CertificateIssued, {"supersedes": 3}), "certificate_reissued"),
            ((CertificateRevoked, {"status": "revoked"}), "certificate_revoked"),
        ],
    )
    async def test_is_told_of_certificates(
        self, gateway: ServiceUnderTest, make_account: Any, listing: Any, event: tuple[Any, dict[str, Any]], kind: str
    ) -> None:
        ada = await make_account()
        await gateway.deliver(certificate(event[0], ada.id, **event[1]))
        (one,) = (await listing(ada.id))["results"]
        assert one["type"] == kind
        assert "CERT-5-1-20261101" in one["body"]

    async def test_is_told_of_completion(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada = await make_account()
        await gateway.deliver(make.enrollment(ada.id, kind=EnrollmentCompleted, status="completed"))
        assert [one["type"] for one in (await listing(ada.id))["results"]] == ["course_completed"]

    async def test_is_told_of_replies_of_others(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada = await make_account()
        await gateway.deliver(
            make.topic(ada.id, kind="question", reply_id=1, reply_user_id=ada.id),
            make.topic(ada.id, kind="question", reply_id=2, reply_user_id=ada.id + 1),
        )
        assert [one["data"]["reply_id"] for one in (await listing(ada.id))["results"]] == [2]

    async def test_who_is_gone_or_unknown_is_not_told(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any
    ) -> None:
        gone = await make_account(is_active=False)
        await gateway.deliver(make.graded(gone.id), make.graded(987_654))
        assert await _count(gateway, "notifications") == 0


class TestStaff:
    @pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
    async def test_is_told_of_enrollments_whichever_event_comes_first(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any, order: tuple[int, ...]
    ) -> None:
        lead, other = await make_account("l@example.com"), await make_account("o@example.com")
        ada = await make_account()
        events = [make.course(staff=(lead.id, other.id)), make.enrollment(ada.id)]
        for place in order:
            await gateway.deliver(events[place])
            await carry_out_fanouts(gateway.database)
        async with gateway.database.transaction() as session:
            await session.execute(text("UPDATE notification_fanouts SET due_at = now()"))
        for person, told in ((lead, 1), (other, 1), (ada, 0)):
            assert (await listing(person.id))["count"] == told

    async def test_is_told_of_reviews_and_of_attempts_to_grade(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        lead = await make_account("l@example.com")
        review = ReviewCreated(version=1, review_id=3, user_id=77, course_id=5, rating=4, is_approved=False)
        pending = make.graded(77).model_dump() | {"status": "pending_review", "score": None, "passed": None}
        await gateway.deliver(make.course(staff=(lead.id,)), review, AttemptSubmitted(**pending))
        assert {one["type"] for one in (await listing(lead.id))["results"]} == {
            "review_created",
            "assessment_submitted",
        }

    async def test_is_told_of_many_enrollments_at_once_and_of_those_in_a_course_not_known_yet_later(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        lead, other = await make_account("l@example.com"), await make_account("o@example.com")
        await gateway.deliver(make.course(5, staff=(lead.id, other.id)), make.course(6, staff=(lead.id,)))
        learners = [(900, 5), (lead.id, 5), (901, 6), (902, 8)]
        await gateway.deliver_at_once(*(make.enrollment(one, course_id) for one, course_id in learners))
        async with gateway.database.transaction() as session:
            with statements() as sent:
                await carry_out_batch(session, now=datetime.now(UTC))
            # All for staff, readers, notifications and events; then the one that waits, its course and its new time.
            assert len(sent) <= 7
        assert [one["data"]["user_id"] for one in (await listing(lead.id))["results"]] == [901, 900]
        assert [one["data"]["user_id"] for one in (await listing(other.id))["results"]] == [lead.id, 900]
        assert len(await gateway.events(NotificationCreated)) == 4
        await gateway.deliver(make.course(8, staff=(other.id,)))
        async with gateway.database.transaction() as session:
            await session.execute(text("UPDATE notification_fanouts SET due_at = now()"))
        assert (await listing(other.id))["results"][0]["data"]["user_id"] == 902

    async def test_nobody_is_told_of_a_course_that_never_comes(self, gateway: ServiceUnderTest, make: Any) -> None:
        await gateway.deliver(make.enrollment(5))
        async with gateway.database.transaction() as session:
            await session.execute(text("UPDATE notification_fanouts SET created_date = now() - interval '2 hours'"))
        await carry_out_fanouts(gateway.database)
        assert await _count(gateway, "notification_fanouts") == 0


class TestAnnouncement:
    async def test_goes_to_those_in_the_course_and_not_to_its_author(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        people = [await make_account(f"{number}@example.com") for number in range(4)]
        author, ada, left, _ = people
        await gateway.deliver(
            make.course(staff=(author.id,)),
            *(make.enrollment(one.id) for one in (author, ada, left)),
            make.enrollment(left.id, kind=EnrollmentUnenrolled, version=2, status="unenrolled"),
            make.topic(author.id),
        )
        counts = []
        for one in people:
            results = (await listing(one.id))["results"]
            counts.append(sum(entry["type"] == "announcement" for entry in results))
        assert counts == [0, 1, 0, 0]
        told = next(one for one in (await listing(ada.id))["results"])
        assert told["title"] == "Regatta moved"

    async def test_goes_out_in_batches_that_a_crash_does_not_repeat(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fanouts, "BATCH", 3)
        people = [await make_account(f"{number}@example.com") for number in range(7)]
        await gateway.deliver(make.course(), *(make.enrollment(one.id) for one in people))
        await carry_out_fanouts(gateway.database)
        topic = make.topic(people[-1].id + 1)  # who writes it is told nothing, and is none of them
        await gateway.deliver(topic)
        async with gateway.database.transaction() as session:
            assert await carry_out_batch(session, now=datetime.now(UTC))
        async with gateway.database.transaction() as session:
            await carry_out_batch(session, now=datetime.now(UTC))
            await session.rollback()  # the process dies
        assert await _count(gateway, "notifications") == 3
        await carry_out_fanouts(gateway.database)
        assert await _count(gateway, "notifications") == 7
        assert await _count(gateway, "notification_fanouts") == 0
        await gateway.deliver(topic)
        await carry_out_fanouts(gateway.database)
        assert len(await gateway.events(NotificationCreated)) == 7

    async def test_of_other_topics_nobody_is_told(self, gateway: ServiceUnderTest, make: Any) -> None:
        await gateway.deliver(make.topic(99, kind="discussion"))
        assert await _count(gateway, "notification_fanouts") == 0
