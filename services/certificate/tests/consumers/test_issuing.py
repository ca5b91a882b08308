"""From events to certificates: consumers note and keep, the schedule settles."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from certificate.commands import completions
from certificate.issuer import issuer
from certificate.models import Certificate, Completion
from certificate.schedules import BATCH
from shared.contracts import Event
from shared.contracts.assessment.events import AssessmentDeleted, AssessmentUpdated
from shared.contracts.assessment.http import CourseStanding
from shared.contracts.catalog.events import CourseDeleted, CourseState, CourseUpdated, StaffMember
from shared.contracts.certificate.events import CertificateIssued
from shared.contracts.enrollment.events import (
    EnrollmentCreated,
    EnrollmentReactivated,
    EnrollmentRestored,
    EnrollmentSuspended,
    EnrollmentUnenrolled,
)
from shared.contracts.gateway.events import UserState, UserUpdated
from shared.testing import ServiceUnderTest

Settle = Callable[..., Awaitable[int]]

COURSE, LEARNER, ENROLLMENT = 5, 7, 50
COURSE_PATH, USER_PATH, STANDING_PATH = "/internal/courses/5/", "/internal/users/7/", "/internal/courses/5/standing/"
COMPLETED_AT = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)
SOON, LATER = timedelta(seconds=1), timedelta(days=2)


async def certificates(service: ServiceUnderTest) -> list[Certificate]:
    async with service.database.reading() as session:
        return list(await session.scalars(select(Certificate).order_by(Certificate.id)))


async def completion(service: ServiceUnderTest) -> Completion:
    async with service.database.reading() as session:
        return (await session.scalars(select(Completion))).one()


class TestCompletedEnrollment:
    async def test_earns_a_certificate(self, certificate: ServiceUnderTest, issue: Any) -> None:
        before = datetime.now(UTC)
        await issue()
        [issued] = await certificates(certificate)
        assert issued.student_name == "Zoë Ångström"
        assert issued.course_title == "Sound Statistics"
        assert issued.course_slug == "sound-statistics"
        assert issued.course_level == "beginner"
        assert issued.course_duration_minutes == 90
        assert issued.instructor_name == "Ivo Lead"
        assert issued.completion_date == COMPLETED_AT
        assert before - timedelta(milliseconds=1) <= issued.issued_at <= datetime.now(UTC)
        moment = issued.issued_at.astimezone(UTC)
        assert issued.certificate_number == f"CERT-5-7-{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
        assert (issued.status, issued.template_version, issued.key_id) == ("active", "1", issuer().key.kid)

    async def test_tells_it_with_an_event(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        [issued] = await certificates(certificate)
        [event] = await certificate.events(CertificateIssued)
        assert await certificate.events() == [event]
        assert event.version == 1
        assert event.certificate_id == issued.id
        assert event.certificate_number == issued.certificate_number
        assert (event.enrollment_id, event.user_id, event.course_id) == (5007, LEARNER, COURSE)
        assert event.verification_url.endswith(f"/verify/{issued.certificate_number}")

    async def test_repeated_deliveries_issue_nothing_more(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        standing()
        await certificate.deliver(course(), learner())
        for _ in range(2):
            await certificate.deliver(enrollment(), event_id="0197a000-0000-7000-8000-000000000001")
            await settle()
        await certificate.deliver(enrollment(), enrollment(version=10))
        assert await settle(after=LATER) == 0
        assert len(await certificates(certificate)) == 1
        assert len(await certificate.events()) == 1

    async def test_every_order_of_arrival_comes_out_the_same(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        assessment: Any,
        attempt: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        arrivals: list[list[Event]] = [[] for _ in range(5)]
        for number, order in enumerate(permutations(range(5)), start=1):
            ids = {"course_id": number, "user_id": number}
            told = [
                course(course_id=number),
                learner(user_id=number),
                assessment(course_id=number, assessment_id=number),
                attempt(**ids, assessment_id=number, attempt_id=number),
                enrollment(**ids, enrollment_id=number),
            ]
            for place, which in enumerate(order):
                arrivals[place].append(told[which])
            standing([number], [number], course_id=number)
        for arrived in arrivals:
            await certificate.deliver(*arrived)
            while await settle() == BATCH:
                pass
        issued = await certificates(certificate)
        assert sorted(each.enrollment_id for each in issued) == list(range(1, 121))
        assert len(await certificate.events(CertificateIssued)) == 120

    async def test_at_once_from_all_sides_issues_one(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        assessment: Any,
        attempt: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        standing([20], [20])
        await certificate.deliver(course(), learner(), assessment())
        await asyncio.gather(
            *(certificate.deliver(enrollment(version=9 + number)) for number in range(3)),
            *(certificate.deliver(attempt(attempt_id=200 + number)) for number in range(3)),
            *(settle(after=timedelta(seconds=number)) for number in range(4)),
        )
        await settle(after=LATER)
        assert len(await certificates(certificate)) == 1
        assert len(await certificate.events(CertificateIssued)) == 1

    async def test_two_workers_that_settle_the_same_one_issue_one(
        self, certificate: ServiceUnderTest, course: Any, learner: Any, enrollment: Any
    ) -> None:
        await certificate.deliver(course(), learner(), enrollment())
        word = CourseStanding(course_id=COURSE, user_id=LEARNER, required=[], passed=[])

        async def settle_it() -> None:
            async with certificate.database.transaction() as session:
                await completions.settle(session, ENROLLMENT, word, issuer(), now=datetime.now(UTC))

        await asyncio.gather(*(settle_it() for _ in range(6)))
        assert len(await certificates(certificate)) == 1
        assert len(await certificate.events(CertificateIssued)) == 1

    async def test_the_table_itself_refuses_a_second_active_one(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue()
        word = CourseStanding(course_id=COURSE, user_id=LEARNER, required=[], passed=[])
        async with certificate.database.transaction() as session:
            await session.execute(update(Completion).values(state="pending", due_at=datetime.now(UTC)))
        with pytest.raises(IntegrityError, match="uq_certificates_enrollment_id"):
            async with certificate.database.transaction() as session:
                await completions.settle(session, 5007, word, issuer(), now=datetime.now(UTC) + SOON)

    async def test_is_told_by_later_facts_too_and_not_undone_by_them(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        later = (EnrollmentUnenrolled, EnrollmentSuspended, EnrollmentRestored, EnrollmentReactivated)
        standing()
        await certificate.deliver(course(), learner())
        for number, kind in enumerate(later, start=1):
            await certificate.deliver(enrollment(kind, enrollment_id=number, version=10))
            await certificate.deliver(enrollment(enrollment_id=number, version=9))
            await settle()
        assert [each.enrollment_id for each in await certificates(certificate)] == [1, 2, 3, 4]

    async def test_one_that_is_not_completed_earns_nothing(
        self, certificate: ServiceUnderTest, course: Any, learner: Any, enrollment: Any
    ) -> None:
        await certificate.deliver(course(), learner())
        given_up = enrollment(EnrollmentUnenrolled, status="unenrolled", completion_date=None)
        await certificate.deliver(given_up, enrollment(EnrollmentReactivated, status="active", completion_date=None))
        async with certificate.database.reading() as session:
            assert await session.scalar(select(func.count()).select_from(Completion)) == 0
        assert EnrollmentCreated not in certificate.handlers


class TestTheWordOfAssessment:
    """Copies say when to ask for it. They do not issue."""

    async def test_is_asked_before_anything_is_issued(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        assessment: Any,
        attempt: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        await certificate.deliver(course(), learner(), assessment(), attempt(), enrollment())
        assert await certificates(certificate) == []
        standing([20], [20])
        await settle()
        assert len(await certificates(certificate)) == 1
        assert certificate.peers.asked == [("assessment", STANDING_PATH, {"user_id": LEARNER})]

    async def test_names_an_assessment_that_no_event_has_told_of(
        self, certificate: ServiceUnderTest, issue: Any, attempt: Any, standing: Any, settle: Settle
    ) -> None:
        standing([20])
        await issue()
        assert await certificates(certificate) == []
        assert (await completion(certificate)).state == "awaiting_assessments"
        standing([20], [20])
        await certificate.deliver(attempt())
        await settle()
        assert len(await certificates(certificate)) == 1

    async def test_names_a_pass_that_no_event_has_told_of(
        self, certificate: ServiceUnderTest, issue: Any, standing: Any
    ) -> None:
        standing([20], [20])
        await issue()
        assert len(await certificates(certificate)) == 1

    async def test_is_not_needed_at_the_first_look_where_the_copies_know_that_something_lacks(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        assessment: Any,
        settle: Settle,
    ) -> None:
        await certificate.deliver(course(), learner(), assessment(), enrollment())
        await settle()
        assert certificate.peers.asked == []

    async def test_is_taken_after_an_edit_that_no_attempt_tells_of(
        self, certificate: ServiceUnderTest, issue: Any, assessment: Any, attempt: Any, standing: Any, settle: Settle
    ) -> None:
        """Another scoring policy or passing score: what was not passed is."""
        await certificate.deliver(assessment(), attempt(has_passed=False))
        standing(required=[20])
        await issue()
        await settle()
        assert await certificates(certificate) == []
        standing(required=[20], passed=[20])
        await certificate.deliver(assessment(AssessmentUpdated, version=2, passing_score=10))
        await settle()
        assert len(await certificates(certificate)) == 1

    async def test_while_it_cannot_be_had_nothing_is_issued_and_it_is_asked_for_again_soon(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        await certificate.deliver(course(), learner(), enrollment())
        for day in range(30):
            assert await settle(after=timedelta(days=day)) == 1
        waiting = await completion(certificate)
        assert (waiting.state, await certificates(certificate)) == ("pending", [])
        standing()
        await settle(after=timedelta(days=29, minutes=1, seconds=1))
        assert len(await certificates(certificate)) == 1

    async def test_is_asked_for_again_soon_however_long_the_learner_took(
        self, certificate: ServiceUnderTest, issue: Any, assessment: Any, attempt: Any, standing: Any, settle: Settle
    ) -> None:
        await certificate.deliver(assessment())
        await issue()
        for day in range(1, 30):
            await settle(after=timedelta(days=day))
        certificate.peers.answers.clear()
        await certificate.deliver(attempt())
        assert await settle() == 1
        standing([20], [20])
        assert await settle(after=SOON) == 1
        assert len(await certificates(certificate)) == 1

    async def test_a_release_that_does_not_know_the_question_gives_none(
        self, certificate: ServiceUnderTest, course: Any, learner: Any, enrollment: Any, settle: Settle
    ) -> None:
        certificate.peers.answer("assessment", STANDING_PATH, None)
        await certificate.deliver(course(), learner(), enrollment())
        await settle()
        waiting = await completion(certificate)
        assert (waiting.state, await certificates(certificate)) == ("pending", [])


class Meanwhile:
    """The other services, while events arrive as they are asked."""

    def __init__(self, service: ServiceUnderTest, *events: Event) -> None:
        self._service = service
        self._events = events

    async def get(self, *question: Any) -> Any:
        await self._service.deliver(*self._events)
        return await self._service.peers.get(*question)


class TestEventsThatCross:
    async def test_a_pass_that_arrives_while_assessment_is_asked_counts_at_the_next_look(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        attempt: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        await certificate.deliver(course(), learner(), enrollment())
        standing([20])
        await settle(peers=Meanwhile(certificate, attempt()))
        assert await certificates(certificate) == []
        standing([20], [20])
        await settle(after=timedelta(seconds=1))
        assert len(await certificates(certificate)) == 1

    async def test_a_pass_that_assessment_takes_back_does_not_count(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        assessment: Any,
        attempt: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        await certificate.deliver(course(), learner(), assessment(), attempt(), enrollment())
        standing([20])
        await settle()
        assert await certificates(certificate) == []

    async def test_a_new_requirement_that_arrives_while_assessment_is_asked_counts(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        assessment: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        await certificate.deliver(course(), learner(), enrollment())
        standing()
        await settle(peers=Meanwhile(certificate, assessment()))
        assert await certificates(certificate) == []
        assert (await completion(certificate)).state == "awaiting_assessments"

    async def test_what_arrives_after_assessment_was_not_asked_is_looked_at_next(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        assessment: Any,
        attempt: Any,
    ) -> None:
        await certificate.deliver(course(), learner(), enrollment(), assessment())
        async with certificate.database.transaction() as session:
            await completions.claim_due(session, limit=BATCH, now=datetime.now(UTC))
        await certificate.deliver(attempt())
        async with certificate.database.transaction() as session:
            await completions.settle(session, ENROLLMENT, None, issuer(), now=datetime.now(UTC))
        waiting = await completion(certificate)
        assert waiting.state == "pending"
        assert waiting.due_at is not None
        assert waiting.due_at <= datetime.now(UTC)

    async def test_one_that_an_event_under_way_concerns_is_looked_at_after_it(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        assessment: Any,
        attempt: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        standing([20], [20])
        passed = attempt()
        await certificate.deliver(course(), learner(), assessment(), enrollment())
        async with certificate.database.transaction() as session:
            await certificate.handlers[type(passed)](session, passed)
            assert await settle() == 0
        assert await settle() == 1
        assert len(await certificates(certificate)) == 1


class TestRequiredAssessments:
    async def test_all_must_be_passed_first(
        self, certificate: ServiceUnderTest, issue: Any, assessment: Any, attempt: Any, standing: Any, settle: Settle
    ) -> None:
        await certificate.deliver(assessment(), assessment(assessment_id=21))
        standing([20, 21], [21])
        await issue()
        assert (await completion(certificate)).state == "awaiting_assessments"
        await certificate.deliver(attempt(has_passed=False), attempt(attempt_id=201, assessment_id=21))
        await settle()
        assert await certificates(certificate) == []
        standing([20, 21], [20, 21])
        await certificate.deliver(attempt(attempt_id=202))
        await settle()
        assert len(await certificates(certificate)) == 1
        assert (await completion(certificate)).state == "issued"

    async def test_neither_another_learners_pass_counts_nor_another_courses_assessment(
        self, certificate: ServiceUnderTest, issue: Any, assessment: Any, attempt: Any, settle: Settle
    ) -> None:
        await certificate.deliver(assessment(), assessment(assessment_id=21, course_id=6))
        await issue()
        await certificate.deliver(attempt(user_id=8), attempt(attempt_id=201, assessment_id=21, course_id=6))
        await settle(after=LATER)
        assert await certificates(certificate) == []

    @pytest.mark.parametrize("fields", [{"is_required": False}, {"is_deleted": True}])
    async def test_those_that_do_not_count_are_not_waited_for(
        self, certificate: ServiceUnderTest, issue: Any, assessment: Any, fields: dict[str, bool]
    ) -> None:
        await certificate.deliver(assessment(**fields))
        await issue()
        assert len(await certificates(certificate)) == 1

    @pytest.mark.parametrize(
        ("kind", "fields"), [(AssessmentUpdated, {"is_required": False}), (AssessmentDeleted, {"is_deleted": True})]
    )
    async def test_one_that_ceases_to_be_required_lets_the_certificate_go(
        self,
        certificate: ServiceUnderTest,
        issue: Any,
        assessment: Any,
        settle: Settle,
        kind: type[Any],
        fields: dict[str, bool],
    ) -> None:
        await certificate.deliver(assessment())
        await issue()
        await settle(after=LATER)
        assert await certificates(certificate) == []
        await certificate.deliver(assessment(kind, version=2, **fields))
        await settle()
        assert len(await certificates(certificate)) == 1

    async def test_a_pass_taken_back_by_a_regrade_does_not_count(
        self, certificate: ServiceUnderTest, issue: Any, assessment: Any, attempt: Any
    ) -> None:
        regraded = attempt(version=3, has_passed=False)
        await certificate.deliver(assessment(), regraded, attempt(version=2))
        await issue()
        assert await certificates(certificate) == []

    async def test_what_changes_after_the_issue_takes_nothing_back(
        self, certificate: ServiceUnderTest, issue: Any, assessment: Any, attempt: Any, course: Any, learner: Any
    ) -> None:
        await issue()
        [before] = await certificates(certificate)
        await certificate.deliver(
            assessment(),
            attempt(has_passed=False),
            course(CourseUpdated, version=2, title="Renamed", has_certificate=False, staff=[]),
            learner(UserUpdated, version=2, full_name="New Name"),
            course(CourseDeleted, version=3, is_deleted=True),
        )
        [after] = await certificates(certificate)
        assert (after.course_title, after.student_name) == (before.course_title, before.student_name)
        assert (after.status, after.revision) == ("active", 1)

    async def test_a_promise_is_kept_for_those_who_completed_before_it_was_withdrawn(
        self,
        certificate: ServiceUnderTest,
        issue: Any,
        assessment: Any,
        attempt: Any,
        course: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        await certificate.deliver(assessment())
        await issue()
        await certificate.deliver(course(CourseUpdated, version=2, has_certificate=False))
        await settle(after=LATER)
        await certificate.deliver(attempt())
        standing([20], [20])
        await settle()
        assert len(await certificates(certificate)) == 1
        assert {service for service, _, _ in certificate.peers.asked} == {"assessment"}


class TestWhatIsNotKnownYet:
    async def test_the_course_is_waited_for(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        standing()
        await certificate.deliver(learner(), enrollment())
        await settle()
        assert (await completion(certificate)).state == "pending"
        await certificate.deliver(course())
        await settle()
        assert len(await certificates(certificate)) == 1

    async def test_the_owners_are_asked_for_what_is_missing(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        standing()
        await certificate.deliver(enrollment())
        certificate.peers.answer("catalog", COURSE_PATH, course(CourseState))
        certificate.peers.answer("gateway", USER_PATH, learner(UserState))
        await settle()
        [issued] = await certificates(certificate)
        assert issued.student_name == "Zoë Ångström"
        asked = [("catalog", COURSE_PATH), ("gateway", USER_PATH), ("assessment", STANDING_PATH)]
        assert [(service, path) for service, path, _ in certificate.peers.asked] == asked

    async def test_while_an_owner_is_down_it_waits(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        standing()
        await certificate.deliver(course(), enrollment())
        assert await settle() == 1
        assert (await completion(certificate)).state == "pending"
        assert await settle() == 0
        certificate.peers.answer("gateway", USER_PATH, learner(UserState))
        assert await settle(after=SOON) == 1
        assert len(await certificates(certificate)) == 1

    async def test_one_that_waits_does_not_hold_up_the_next(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        standing()
        await certificate.deliver(course(), enrollment())
        await certificate.deliver(enrollment(enrollment_id=51, user_id=8))
        certificate.peers.answer("gateway", "/internal/users/8/", learner(UserState, user_id=8))
        assert await settle() == 2
        assert [each.enrollment_id for each in await certificates(certificate)] == [51]

    async def test_what_nobody_knows_gets_no_certificate(
        self, certificate: ServiceUnderTest, course: Any, enrollment: Any, standing: Any, settle: Settle
    ) -> None:
        standing()
        await certificate.deliver(course(), enrollment())
        certificate.peers.answer("gateway", USER_PATH, None)
        await settle()
        assert (await completion(certificate)).state == "not_applicable"
        assert await settle(after=LATER) == 0


class TestCoursesWithoutCertificate:
    async def test_the_catalog_itself_says_no(
        self, certificate: ServiceUnderTest, issue: Any, course: Any, settle: Settle
    ) -> None:
        await issue(has_certificate=False)
        assert (await completion(certificate)).state == "pending"
        certificate.peers.answer("catalog", COURSE_PATH, course(CourseState, has_certificate=False))
        await settle(after=SOON)
        closed = await completion(certificate)
        assert (closed.state, closed.due_at) == ("not_applicable", None)
        await certificate.deliver(course(version=2))
        await settle(after=LATER)
        assert await certificates(certificate) == []

    async def test_a_copy_that_lags_refuses_nobody(
        self, certificate: ServiceUnderTest, issue: Any, course: Any, settle: Settle
    ) -> None:
        await issue(has_certificate=False)
        certificate.peers.answer("catalog", COURSE_PATH, course(CourseState, version=2))
        await settle(after=SOON)
        assert len(await certificates(certificate)) == 1


class TestCopies:
    async def test_an_older_state_does_not_replace_a_newer(
        self,
        certificate: ServiceUnderTest,
        course: Any,
        learner: Any,
        enrollment: Any,
        standing: Any,
        settle: Settle,
    ) -> None:
        lead = [StaffMember(user_id=9, name="New Lead", is_lead=True)]
        standing()
        await certificate.deliver(
            course(version=3, title="Newest", staff=lead),
            course(version=2, title="Older"),
            learner(version=3, full_name="Newest Name"),
            learner(version=2, full_name="Older Name"),
            enrollment(),
        )
        await settle()
        [issued] = await certificates(certificate)
        assert (issued.course_title, issued.student_name) == ("Newest", "Newest Name")
        assert issued.instructor_name == "New Lead"

    async def test_a_course_that_nobody_leads_names_no_instructor(
        self, certificate: ServiceUnderTest, issue: Any
    ) -> None:
        await issue(staff=[])
        assert (await certificates(certificate))[0].instructor_name == ""
