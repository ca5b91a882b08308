"""Who gets in, how it ends, and what a client may say."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from websockets.asyncio.client import connect

from gateway.identity.commands.sessions import open_session
from gateway.identity.commands.users import update_user
from gateway.push import outlet as outlets
from gateway.push import sockets
from gateway.push.guard import look
from gateway.push.models import PushMessage
from gateway.store import lock_user, replace_token
from shared.contracts.catalog.events import CourseState, CourseUpdated
from shared.contracts.enrollment.events import EnrollmentState, EnrollmentSuspended, EnrollmentUnenrolled
from shared.contracts.gateway.events import NotificationCreated, UserErased

COURSE = 7


@pytest.fixture
async def student(gateway, make_account, make):
    made = await make_account("student@example.com")
    await gateway.deliver(make.course(COURSE, [999]), make.enrollment(made.id, COURSE))
    return made


def _told(number: int, user_id: int) -> NotificationCreated:
    return NotificationCreated(version=1, notification_id=number, user_id=user_id, type="graded")


class TestSigningIn:
    @pytest.mark.parametrize(
        "first",
        [
            '{"type": "authenticate", "token": "0000000000000000000000000000000000000000"}',
            '{"type": "authenticate", "token": 5}',
            '{"type": "authenticate"}',
            '{"type": "resume", "last_event_id": 1}',
            "not json",
            "[" * 9000,
            '{"type": "authenticate", "token": "\\u0000\\ud800"}',
            "null",
            b"\x00\xff",
        ],
    )
    async def test_a_wrong_first_message_is_4401(self, live, student, first) -> None:
        async with live.open(f"/ws/notifications/{student.id}/") as client:
            await client.socket.send(first)
            assert await client.closing() == 4401

    async def test_nobody_in_time_is_4408(self, live, student, monkeypatch) -> None:
        monkeypatch.setattr(sockets, "SIGN_IN_LIMIT_S", 0.05)
        assert await live.code(f"/ws/notifications/{student.id}/") == 4408

    async def test_a_closed_account_is_4401(self, live, make_account) -> None:
        closed = await make_account("closed@example.com", is_active=False)
        assert await live.code(f"/ws/notifications/{closed.id}/", closed.token) == 4401

    async def test_a_header_does_too(self, live, student) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", additional_headers=student.header) as client:
            assert (await client.hear())["type"] == "authenticated"

    async def test_a_session_from_our_own_page(self, gateway, live, student) -> None:
        async with gateway.database.transaction() as session:
            value = await open_session(session, student.id, now=datetime.now(UTC))
        cookie = {"Cookie": f"sessionid={value}"}
        path = f"/ws/notifications/{student.id}/"
        for origin in (live.url, gateway.settings.public_url):
            async with live.open(path, additional_headers=cookie, origin=origin) as client:
                assert (await client.hear())["type"] == "authenticated"
        for origin in ("https://evil.example", live.url.replace("http", "https"), "null", None):
            assert await live.code(path, additional_headers=cookie, origin=origin) == 4403
        over = {"Cookie": f"sessionid={value[::-1]}"}
        async with live.open(path, additional_headers=over, origin=live.url) as client:
            await client.say(type="authenticate", token=student.token)
            assert (await client.hear())["type"] == "authenticated"


class TestWhoMayOpenWhat:
    @pytest.mark.parametrize(
        "path",
        ["/ws/", "/ws/course/7/", "/ws/course/0/user/{id}/", "/ws/course/99999999999999999999/user/{id}/",
         "/ws/notifications/{id}/more/", "/ws/notifications/-1/", "/api/courses/", "/ws/notifications/٣/",
         "/ws/course/9999999999999999999/user/{id}/"],
    )  # fmt: skip
    async def test_no_such_channel_is_4404(self, live, student, path) -> None:
        assert await live.code(path.format(id=student.id).replace("٣", "%D9%A3")) == 4404

    @pytest.mark.parametrize("path", ["/ws/course/7/user/{}/", "/ws/notifications/{}/", "/ws/instructor/{}/"])
    async def test_other_peoples_are_4403_for_everyone(self, live, student, make_account, path) -> None:
        for role in ("student", "instructor", "administrator"):
            other = await make_account(f"other-{role}@example.com", role=role)
            assert await live.code(path.format(student.id), other.token) == 4403

    async def test_an_instructors_channel_needs_the_role(self, live, student) -> None:
        assert await live.code(f"/ws/instructor/{student.id}/", student.token) == 4403

    async def test_a_course_by_enrollment_or_by_teaching_it(self, gateway, live, make_account, make) -> None:
        teacher, guest = await make_account("t@example.com", role="instructor"), await make_account("g@example.com")
        await gateway.deliver(make.course(COURSE, [teacher.id]))
        async with live.open(f"/ws/course/{COURSE}/user/{teacher.id}/", teacher.token):
            pass
        gateway.peers.answer("enrollment", "/internal/enrollments/", None)
        state = CourseState(**make.course(COURSE, [teacher.id]).model_dump())
        gateway.peers.answer("catalog", f"/internal/courses/{COURSE}/", state)
        assert await live.code(f"/ws/course/{COURSE}/user/{guest.id}/", guest.token) == 4403
        gateway.peers.answer("catalog", "/internal/courses/8/", None)
        assert await live.code(f"/ws/course/8/user/{guest.id}/", guest.token) == 4404
        hidden = state.model_copy(update={"course_id": 9, "is_published": False})
        gateway.peers.answer("catalog", "/internal/courses/9/", hidden)
        assert await live.code(f"/ws/course/9/user/{guest.id}/", guest.token) == 4404

    async def test_what_the_copy_does_not_know_the_owner_is_asked(self, gateway, live, make_account, make) -> None:
        learner = await make_account("l@example.com")
        path = f"/ws/course/{COURSE}/user/{learner.id}/"
        assert await live.code(path, learner.token) == 1013
        state = EnrollmentState(**make.enrollment_fields(learner.id, COURSE))
        gateway.peers.answer("enrollment", "/internal/enrollments/", state)
        async with live.open(f"/ws/notifications/{learner.id}/", learner.token) as notifications:
            async with live.open(path, learner.token) as client:
                await gateway.deliver(make.course(COURSE, [999], CourseUpdated))
                assert (await client.hear())["type"] == "course_updated"
            assert (await notifications.hear())["type"] == "course_updated"

    async def test_an_assessment_nobody_knows_of_is_asked_for(self, live, student) -> None:
        """Its service is down here; what it answers is tested with the whole system."""
        assert await live.code("/ws/assessment/30/", student.token) == 1013


class TestTheEnd:
    async def test_logging_out_closes(self, gateway, live, student) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            async with gateway.database.transaction() as session:
                user = await lock_user(session, student.id)
                await replace_token(session, user, gateway.app.state.authentication.vault, now=datetime.now(UTC))
            await look(gateway.database, gateway.app.state.push.hub)
            assert await client.closing() == 4401

    async def test_it_is_looked_for_by_itself(self, gateway, live, student, monkeypatch) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            async with gateway.database.transaction() as session:
                await update_user(session, student.id, {"is_active": False}, now=datetime.now(UTC))
            assert await client.closing() == 4401

    async def test_a_role_taken_back_closes(self, gateway, live, make_account) -> None:
        teacher = await make_account("t@example.com", role="instructor")
        async with live.open(f"/ws/instructor/{teacher.id}/", teacher.token) as client:
            async with gateway.database.transaction() as session:
                await update_user(session, teacher.id, {"role": "student"}, now=datetime.now(UTC))
            assert await client.closing() == 4403

    @pytest.mark.parametrize("kind", [EnrollmentUnenrolled, EnrollmentSuspended])
    async def test_leaving_a_course_closes_its_channel_only(self, gateway, live, student, make, kind) -> None:
        status = "unenrolled" if kind is EnrollmentUnenrolled else "suspended"
        async with (
            live.open(f"/ws/course/{COURSE}/user/{student.id}/", student.token) as client,
            live.open(f"/ws/notifications/{student.id}/", student.token) as notifications,
        ):
            await gateway.deliver(make.enrollment(student.id, COURSE, kind, status=status))
            assert await client.closing() == 4403
            await gateway.deliver(make.course(COURSE, [999], CourseUpdated), _told(1, student.id))
            assert (await notifications.hear())["type"] == "notification"

    async def test_erasure_closes_and_leaves_nothing_to_resume(self, gateway, live, student) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            await gateway.deliver(_told(1, student.id))
            await client.hear("notification")
            erased = UserErased(version=9, user_id=student.id, full_name="", role="student", is_active=False)
            await gateway.deliver(erased)
            assert await client.closing() == 4401
        async with gateway.database.reading() as session:
            left = (
                await session.scalars(select(PushMessage.type).where(PushMessage.audience == f"user:{student.id}"))
            ).all()
        assert left == ["_closed"]

    async def test_a_restart_says_so(self, gateway, live, student) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            await gateway.app.state.push.hub.stop()
            assert await client.closing() == 1012

    async def test_a_slow_reader_is_closed_and_can_resume(self, gateway, live, student, monkeypatch) -> None:
        monkeypatch.setattr(outlets, "MOST_WAITING", 3)
        # Nothing is taken out, as where a client does not read.
        monkeypatch.setattr(outlets.Outlet, "release", outlets.Outlet.hold)
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            await gateway.deliver(*(_told(number, student.id) for number in range(5)))
            assert await client.closing() == 1013

    async def test_a_client_that_goes_away_is_forgotten(self, gateway, live, student) -> None:
        hub = gateway.app.state.push.hub
        for _ in range(3):
            async with live.open(f"/ws/notifications/{student.id}/", student.token):
                assert len(hub) == 1
            async with asyncio.timeout(10):
                while len(hub):
                    await asyncio.sleep(0.01)


class TestWhatAClientSays:
    async def test_ping_is_answered(self, live, student) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            await client.say(type="ping")
            assert (await client.hear())["type"] == "pong"

    async def test_the_server_pings(self, gateway, live, student, monkeypatch) -> None:
        monkeypatch.setattr("gateway.push.hub.PING_EVERY_S", 1)
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client, asyncio.timeout(10):
            while '"ping"' not in str(await client.socket.recv()):
                pass

    @pytest.mark.parametrize(
        "said",
        ["nonsense", "[1]", '{"a": 1}', '{"type": 5}', "[" * 9000, '{"type": "resume"}',
         '{"type": "resume", "last_event_id": -1}', '{"type": "resume", "last_event_id": true}',
         '{"type": "resume", "last_event_id": 1e3}', '{"type": "resume", "last_event_id": 9223372036854775808}',
         '{"type": "resume", "last_event_id": "1x"}', '{"type": "resume", "last_event_id": ' + "9" * 5000 + "}"],
    )  # fmt: skip
    async def test_nonsense_is_told_and_nothing_ends(self, gateway, live, student, said) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            await client.socket.send(said)
            assert (await client.hear())["type"] == "error"
            await gateway.deliver(_told(1, student.id))
            assert (await client.hear())["type"] == "notification"

    async def test_what_is_unknown_is_ignored(self, live, student) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            for message in ({"type": "pong"}, {"type": "dance"}, {"type": "authenticate", "token": "x"}):
                await client.say(**message)
            await client.say(type="ping")
            assert (await client.hear())["type"] == "pong"

    async def test_too_much_ends_it(self, live, student) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            for _ in range(sockets.MOST_SAID + 1):
                await client.say(type="ping")
            assert await client.closing() == 1008

    async def test_a_frame_too_large_ends_it(self, live, student) -> None:
        async with live.open(f"/ws/notifications/{student.id}/", student.token) as client:
            await client.say(type="ping", more="x" * 20_000)
            assert await client.closing() == 1009


class TestLimits:
    async def test_connections_of_a_user_and_of_a_process(self, another_process, student, make_account) -> None:
        live = await another_process(push_connections_user=2, push_connections=3)
        path = f"/ws/notifications/{student.id}/"
        other = await make_account("other@example.com")
        async with live.open(path, student.token), live.open(path, student.token):
            assert await live.code(path, student.token) == 4429
            async with live.open(f"/ws/notifications/{other.id}/", other.token):
                assert await live.code(path) == 1013
                async with connect(live.url.replace("http", "ws") + path, proxy=None):
                    pass

    async def test_connections_from_one_address(self, another_process, student) -> None:
        live = await another_process(limit_guest=2)
        codes = [await live.code("/ws/notifications/0/") for _ in range(3)]
        assert codes == [4404, 4404, 4429]
