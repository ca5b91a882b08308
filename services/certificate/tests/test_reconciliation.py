"""Copies held against what their owners answer."""

import pytest
from sqlalchemy import text

from certificate.reconciliation import RECONCILIATION
from shared.auth import ServiceCaller
from shared.contracts.enrollment.events import EnrollmentState
from shared.contracts.snapshot import SnapshotPage
from shared.reconcile import rebuild, reconcile
from shared.testing import ServiceUnderTest, user

AGGREGATES = (
    ("catalog", "course"),
    ("gateway", "user"),
    ("assessment", "assessment"),
    ("assessment", "attempt"),
    ("enrollment", "enrollment"),
)


@pytest.fixture
def owners(certificate, course, learner, assessment, attempt, enrollment):
    """The owners answer one state of each aggregate; say another to have that answered."""
    given = (course(), learner(), assessment(), attempt(), enrollment())
    states = {name: state for (_, name), state in zip(AGGREGATES, given, strict=True)}

    def say(**changed) -> None:
        for owner, name in AGGREGATES:
            state = (states | changed)[name]
            page = SnapshotPage(results=[state.model_dump(mode="json")] if state is not None else [])
            certificate.peers.answer(owner, f"/internal/snapshot/{name}/", page)

    say()
    return say


@pytest.fixture
async def told(certificate, course, learner, assessment, attempt, enrollment) -> None:
    await certificate.deliver(course(), learner(), assessment(), attempt(), enrollment())


async def run(service: ServiceUnderTest, *, repair: bool = False):
    return await reconcile(RECONCILIATION, service.database, service.peers, repair=repair, patience_s=0)


async def change(service: ServiceUnderTest, statement: str) -> None:
    async with service.database.transaction() as session:
        await session.execute(text(statement))


class TestReconcile:
    async def test_finds_nothing_where_copies_are_right(self, certificate, owners, told) -> None:
        report = await run(certificate)
        assert (report.compared, report.differences) == (5, [])

    async def test_a_copy_that_lacks_everything_gets_everything(self, certificate, owners) -> None:
        assert len((await run(certificate)).left) == 5
        report = await run(certificate, repair=True)
        assert (len(report.differences), report.left) == (5, [])
        assert (await run(certificate)).differences == []

    @pytest.mark.parametrize(
        ("damage", "difference"),
        [
            ("UPDATE courses SET title = 'Other'", "courses 5: another title"),
            ("UPDATE courses SET staff = '[]', level = 'expert'", "courses 5: another level, staff"),
            ("UPDATE users SET full_name = ''", "users 7: another full_name"),
            ("UPDATE assessments SET is_required = false, revision = 0", "assessments 20: another is_required"),
            ("DELETE FROM attempts", "attempts 200: missing"),
            ("DELETE FROM completions", "completions 50: missing"),
        ],
    )
    async def test_puts_right_what_is_wrong_even_at_the_same_version(
        self, certificate, owners, told, damage, difference
    ) -> None:
        await change(certificate, damage)
        assert (await run(certificate)).left == [difference]
        report = await run(certificate, repair=True)
        assert (report.differences, report.left) == ([difference], [])

    async def test_never_goes_back_behind_a_newer_state(self, certificate, owners, told, course) -> None:
        await certificate.deliver(course(version=9, title="Newer"))
        report = await run(certificate, repair=True)
        assert report.left == ["courses 5: another title (the copy is newer)"]

    async def test_leaves_what_the_owner_does_not_know_to_a_person(self, certificate, owners, told) -> None:
        owners(user=None)
        report = await run(certificate, repair=True)
        assert report.left == ["users 7: gateway does not know it"]

    async def test_one_certificate_for_each_completion(self, certificate, owners, told) -> None:
        await change(certificate, "UPDATE completions SET state = 'issued', due_at = NULL")
        assert (await run(certificate, repair=True)).left == ["certificates: enrollment 50 was completed and has none"]

    async def test_an_attempt_that_is_not_graded_is_no_difference(self, certificate, owners, attempt) -> None:
        owners(attempt=attempt(status="in_progress"))
        assert "attempts 200: missing" not in (await run(certificate)).left

    async def test_an_enrollment_that_is_not_complete_is_no_difference(self, certificate, owners, enrollment) -> None:
        owners(enrollment=enrollment(EnrollmentState, completion_date=None, status="active"))
        assert "completions 50: missing" not in (await run(certificate)).left


class TestRebuild:
    async def test_takes_a_dropped_copy_anew(self, certificate, owners, told) -> None:
        await change(certificate, "DELETE FROM courses")
        assert (await rebuild(RECONCILIATION, "courses", certificate.database, certificate.peers)).left == []

    async def test_a_copy_that_is_none(self, certificate, owners) -> None:
        with pytest.raises(ValueError, match="no copy 'dreams'"):
            await rebuild(RECONCILIATION, "dreams", certificate.database, certificate.peers)


class TestSnapshot:
    async def test_is_for_services(self, certificate) -> None:
        path = "/internal/snapshot/certificate/"
        async with certificate.client(user(1, "administrator")) as client:
            assert (await client.get(path)).status_code == 404
        async with certificate.client(ServiceCaller("enrollment")) as client:
            assert (await client.get(path)).json() == {"results": [], "next": None}
            assert (await client.get("/internal/snapshot/dream/")).status_code == 404
            assert (await client.get(path, params={"limit": 501})).status_code == 400
