"""Mails at once, digests, deadlines, and what is forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway.deadlines import announce_deadlines
from gateway.notifications.commands.digests import gather_digests
from gateway.notifications.commands.forgetting import forget_old_notifications, forget_reader
from gateway.notifications.schedules import carry_out_fanouts
from shared.contracts.enrollment.events import EnrollmentCompleted
from shared.testing import ServiceUnderTest, user

PREFERENCES = "/api/user/notification-preferences/"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _completed(make: Any, user_id: int, course_id: int = 5) -> Any:
    return make.enrollment(user_id, course_id, kind=EnrollmentCompleted, status="completed", version=2)


async def _gather(gateway: ServiceUnderTest, cadence: Any, until: datetime) -> None:
    async with gateway.database.transaction() as session:
        await gather_digests(session, cadence, until=until, now=datetime.now(UTC))


class TestAtOnce:
    async def test_a_mail_has_text_html_and_the_way_to_switch_it_off(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, postbox: Any
    ) -> None:
        ada = await make_account()
        await gateway.deliver(make.course(title="<b>Sailing</b>"), _completed(make, ada.id))
        (message,) = await postbox.collect()
        plain, html = (part.get_content() for part in message.iter_parts())
        assert message["Subject"] == "Course completed"
        assert "you have completed “<b>Sailing</b>”" in plain
        assert "&lt;b&gt;Sailing&lt;/b&gt;" in html
        link = "http://127.0.0.1:8000/api/user/notification-preferences/"
        assert link in plain
        assert link in html
        assert message["List-Unsubscribe"] == f"<{link}>"
        assert await postbox.collect() == []

    async def test_an_address_nobody_has_verified_gets_none(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, postbox: Any, listing: Any
    ) -> None:
        ada = await make_account(is_email_verified=False)
        await postbox.collect()
        await gateway.deliver(_completed(make, ada.id))
        assert await postbox.collect() == []
        assert (await listing(ada.id))["count"] == 1

    async def test_a_subject_is_one_line(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, postbox: Any
    ) -> None:
        ada = await make_account()
        title = "Moved\r\nBcc: all@example.com"
        await gateway.deliver(make.course(), make.enrollment(ada.id), make.topic(ada.id + 1, title=title))
        await carry_out_fanouts(gateway.database)
        (message,) = await postbox.collect()
        assert message["Subject"] == "Moved Bcc: all@example.com"
        assert message["Bcc"] is None

    async def test_mails_about_accounts_are_written_as_before(
        self, gateway: ServiceUnderTest, make_account: Any, postbox: Any, door: Any
    ) -> None:
        await make_account()
        await door.post("/api/auth/password-reset/", json={"email": "ada@example.com"})
        assert await postbox.token()


class TestDigest:
    async def test_gathers_what_waited_for_each_reader(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, postbox: Any
    ) -> None:
        ada, ben = await make_account(), await make_account("ben@example.com")
        await gateway.deliver(
            make.course(), *(make.graded(ada.id, attempt_id=one) for one in range(3)), make.graded(ben.id)
        )
        assert await postbox.collect() == []
        later = datetime.now(UTC) + timedelta(seconds=1)
        await asyncio.gather(*(_gather(gateway, "daily", later) for _ in range(3)))
        await _gather(gateway, "weekly", later)
        first, second = await postbox.collect()
        assert [first["To"], second["To"]] == ["ada@example.com", "ben@example.com"]
        assert first["Subject"] == "Your day on Syllabus"
        assert first.get_body(("plain",)).get_content().count("Your result is here") == 3
        await _gather(gateway, "daily", later)
        assert await postbox.collect() == []

    async def test_leaves_what_is_not_due(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, postbox: Any
    ) -> None:
        ada = await make_account()
        before = datetime.now(UTC)
        await gateway.deliver(make.graded(ada.id))
        await _gather(gateway, "daily", before)
        assert await postbox.collect() == []

    async def test_of_a_week_and_of_what_is_not_in_the_list(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, postbox: Any, listing: Any
    ) -> None:
        ada = await make_account()
        wanted = [{"type": "course_completed", "web": False, "email": True, "email_cadence": "weekly"}]
        await gateway.client(user(ada.id)).put(PREFERENCES, json=wanted)
        await gateway.deliver(_completed(make, ada.id))
        await _gather(gateway, "weekly", datetime.now(UTC) + timedelta(seconds=1))
        (message,) = await postbox.collect()
        assert message["Subject"] == "Your week on Syllabus"
        assert (await listing(ada.id))["count"] == 0

    async def test_says_when_there_is_more(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, postbox: Any
    ) -> None:
        ada = await make_account()
        await gateway.deliver(*(make.graded(ada.id, attempt_id=one) for one in range(52)))
        await _gather(gateway, "daily", datetime.now(UTC) + timedelta(seconds=1))
        (message,) = await postbox.collect()
        said = message.get_body(("plain",)).get_content()
        assert said.count("Your result is here") == 50
        assert "And more" in said


class TestDeadline:
    @pytest.mark.parametrize(
        ("ahead", "told"),
        [(timedelta(hours=23), 1), (timedelta(hours=25), 0), (timedelta(minutes=-1), 0), (timedelta(hours=24), 1)],
    )
    async def test_learners_are_reminded_a_day_ahead_once(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any, ahead: timedelta, told: int
    ) -> None:
        ada = await make_account()
        await gateway.deliver(make.course(), make.enrollment(ada.id), make.assessment(NOW + ahead))
        for _ in range(2):
            await self._remind(gateway)
        results = [one for one in (await listing(ada.id))["results"] if one["type"] == "deadline"]
        assert len(results) == told

    async def test_again_when_the_date_moves_and_not_when_it_is_taken_away(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada = await make_account()
        soon = NOW + timedelta(hours=3)
        await gateway.deliver(make.course(), make.enrollment(ada.id), make.assessment(soon))
        await self._remind(gateway)
        await gateway.deliver(make.assessment(soon + timedelta(hours=5), version=3))
        await gateway.deliver(make.assessment(None, version=2))
        await self._remind(gateway)
        await gateway.deliver(make.assessment(soon + timedelta(hours=9), version=4, is_deleted=True))
        await self._remind(gateway)
        bodies = [one["body"] for one in (await listing(ada.id))["results"]]
        assert bodies == [
            "“Final exam” in “Sailing” is due on 2026-11-01 20:00 UTC.",
            "“Final exam” in “Sailing” is due on 2026-11-01 15:00 UTC.",
        ]

    async def _remind(self, gateway: ServiceUnderTest) -> None:
        async with gateway.database.transaction() as session:
            await announce_deadlines(session, now=NOW)


class TestForgetting:
    async def test_what_is_old_goes(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada = await make_account()
        await gateway.deliver(*(make.graded(ada.id, attempt_id=one) for one in range(2)))
        async with gateway.database.transaction() as session:
            aged = "UPDATE notifications SET created_date = now() - interval '181 days' WHERE source LIKE 'graded:0%'"
            await session.execute(text(aged))
            assert not await forget_old_notifications(session, now=datetime.now(UTC))
        assert [one["data"]["attempt_id"] for one in (await listing(ada.id))["results"]] == [1]

    async def test_a_reader_is_forgotten_whole_and_nobody_else(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada, ben = await make_account(), await make_account("ben@example.com")
        await gateway.deliver(make.graded(ada.id), make.graded(ben.id, attempt_id=2))
        preference = [{"type": "deadline", "web": False, "email": False, "email_cadence": "never"}]
        await gateway.client(user(ada.id)).put(PREFERENCES, json=preference)
        async with gateway.database.transaction() as session:
            gone = await forget_reader(session, ada.id)
            assert gone == {
                "notifications": 1, "digests": 0, "broadcast_reads": 0, "notification_preferences": 1,
            }  # fmt: skip
            assert set((await forget_reader(session, ada.id)).values()) == {0}
        assert (await listing(ada.id))["count"] == 0
        assert (await listing(ben.id))["count"] == 1
