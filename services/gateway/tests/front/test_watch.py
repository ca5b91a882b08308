"""What a token stands for is remembered for long, as long as changes made elsewhere are seen."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gateway import authentication
from gateway.authentication import Authentication, InvalidToken
from gateway.identity import watch
from gateway.schedules import forget_expired
from shared.testing import ServiceUnderTest, statements

CHANGES = {
    "role": "UPDATE users SET role = 'instructor' WHERE id = :id",
    "name": "UPDATE users SET first_name = 'Augusta' WHERE id = :id",
    "deactivation": "UPDATE users SET is_active = false WHERE id = :id",
    "deletion": "DELETE FROM users WHERE id = :id",
    "subscription": "UPDATE subscriptions SET tier = 'premium' WHERE user_id = :id",
    "token": "UPDATE tokens SET lookup = decode('00', 'hex') WHERE user_id = :id",
    "no token": "DELETE FROM tokens WHERE user_id = :id",
}


@pytest.fixture
def known(gateway: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> Authentication:
    """Of a process that has just started, and looks only when it is told to; what it has read is good for a moment."""
    monkeypatch.setattr(authentication, "REMEMBERED_S", 0.0)
    first = gateway.app.state.authentication
    return Authentication(gateway.database, first.vault, gateway.app.state.signer)


@pytest.fixture
def elsewhere(gateway: ServiceUnderTest) -> Callable[..., Awaitable[None]]:
    """Do something as another process does."""

    async def change(statement: str, **values: Any) -> None:
        async with gateway.database.transaction() as session:
            await session.execute(text(statement), values)

    return change


async def asks(known: Authentication, token: str) -> int:
    """How many statements a request with this token takes."""
    with statements() as sent:
        await known.signature(f"Token {token}")
    return len(sent)


async def look(known: Authentication, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look, and have that confirm what is remembered for an hour."""
    await known.watch.look()
    monkeypatch.setattr(authentication, "REMEMBERED_S", 3600.0)


class TestRemembering:
    async def test_a_look_confirms_what_has_not_changed(
        self, known: Authentication, make_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = await make_account()
        assert (await asks(known, ada.token), await asks(known, ada.token)) == (1, 1)
        await look(known, monkeypatch)
        assert await asks(known, ada.token) == 0

    async def test_not_for_ever(
        self, known: Authentication, make_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = await make_account()
        assert await asks(known, ada.token) == 1
        await look(known, monkeypatch)
        monkeypatch.setattr(authentication, "LONGEST_REMEMBERED_S", 0.0)
        assert await asks(known, ada.token) == 1

    @pytest.mark.parametrize("what", CHANGES)
    async def test_what_changed_elsewhere_is_read_anew(
        self, known: Authentication, make_account: Any, elsewhere: Any, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        ada, ben = await make_account(), await make_account(email="ben@example.org")
        await asks(known, ada.token)
        await asks(known, ben.token)
        await look(known, monkeypatch)
        await elsewhere(CHANGES[what], id=ada.id)
        assert await asks(known, ada.token) == 0
        await look(known, monkeypatch)
        with statements() as sent, suppress(InvalidToken, authentication.AccountDeactivated):
            await known.signature(f"Token {ada.token}")
        assert len(sent) == 1
        assert await asks(known, ben.token) == 0

    async def test_a_change_is_told_once(
        self, known: Authentication, make_account: Any, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = await make_account()
        await elsewhere(CHANGES["role"], id=ada.id)
        await look(known, monkeypatch)
        assert await asks(known, ada.token) == 1
        await look(known, monkeypatch)
        assert await asks(known, ada.token) == 0

    async def test_a_change_that_took_long_to_commit_is_seen(
        self, gateway: ServiceUnderTest, known: Authentication, make_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = await make_account()
        async with gateway.database.transaction() as session:
            await session.execute(text(CHANGES["no token"]), {"id": ada.id})
            assert await asks(known, ada.token) == 1
            await look(known, monkeypatch)
            assert await asks(known, ada.token) == 0
        await look(known, monkeypatch)
        with pytest.raises(InvalidToken):
            await known.signature(f"Token {ada.token}")

    async def test_too_many_changes_and_nobody_is_remembered(
        self, known: Authentication, make_account: Any, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = await make_account()
        await asks(known, ada.token)
        monkeypatch.setattr(watch, "MOST", 3)
        await elsewhere("INSERT INTO identity_changes (user_id) SELECT n FROM generate_series(900, 905) AS n")
        await look(known, monkeypatch)
        assert await asks(known, ada.token) == 1

    async def test_while_it_cannot_look_what_was_read_is_good_for_a_moment(
        self, known: Authentication, make_account: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = await make_account()
        failed = asyncio.Event()

        async def fail(*_: Any) -> None:
            failed.set()
            raise OSError("away")

        monkeypatch.setattr(watch, "EVERY_S", 0.0)
        monkeypatch.setattr(known.watch._database, "read", fail)
        looking = asyncio.create_task(known.watch.run())
        await failed.wait()
        monkeypatch.undo()
        monkeypatch.setattr(authentication, "REMEMBERED_S", 0.0)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        assert (await asks(known, ada.token), await asks(known, ada.token)) == (1, 1)


class TestSessions:
    async def login(self, door: Any, account: Any) -> str:
        body = {"email": account.email, "password": account.password, "session": True}
        await door.post("/api/auth/login/", json=body)
        return str(door.cookies["sessionid"])

    async def test_a_logout_elsewhere_is_seen(
        self, door: Any, known: Authentication, make_account: Any, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = await self.login(door, await make_account())
        assert await known.session_holder(session) is not None
        await look(known, monkeypatch)
        await elsewhere("DELETE FROM sessions")
        assert await known.session_holder(session) is not None
        await look(known, monkeypatch)
        assert await known.session_holder(session) is None

    async def test_one_that_is_over_is_nobodys_though_it_is_remembered(
        self, door: Any, known: Authentication, make_account: Any, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = await self.login(door, await make_account())
        await elsewhere("UPDATE sessions SET expires_at = now() + interval '7 days'")
        holder = await known.session_holder(session)
        await look(known, monkeypatch)
        assert holder is not None
        assert holder.ends_at is not None

        class Later(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) + timedelta(days=400)

        monkeypatch.setattr(authentication, "datetime", Later)
        assert await known.session_holder(session) is None

    async def test_that_it_was_prolonged_is_told_once(
        self, door: Any, known: Authentication, make_account: Any, elsewhere: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = await self.login(door, await make_account())
        await elsewhere("UPDATE sessions SET expires_at = now() + interval '1 day'")
        first = await known.session_holder(session)
        await look(known, monkeypatch)
        second = await known.session_holder(session)
        assert first is not None
        assert second is not None
        assert (first.prolonged, second.prolonged) == (True, False)


async def test_changes_are_forgotten_when_all_know_of_them(gateway: ServiceUnderTest, elsewhere: Any) -> None:
    old = datetime.now(UTC) - timedelta(seconds=watch.KEPT_S + 60)
    await elsewhere("DELETE FROM identity_changes")
    await elsewhere("INSERT INTO identity_changes (user_id, changed_at) VALUES (1, :old), (2, now())", old=old)
    await forget_expired(gateway.database)
    async with gateway.database.reading() as session:
        assert (await session.scalars(text("SELECT user_id FROM identity_changes"))).all() == [2]


async def test_what_is_over_anyway_is_no_change(gateway: ServiceUnderTest, door: Any, make_account: Any) -> None:
    ada = await make_account()
    await door.post("/api/auth/login/", json={"email": ada.email, "password": ada.password, "session": True})
    async with gateway.database.transaction() as session:
        await session.execute(text("UPDATE sessions SET expires_at = now() - interval '1 hour'"))
        await session.execute(text("DELETE FROM identity_changes"))
    await forget_expired(gateway.database)
    async with gateway.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM sessions")) == 0
        assert await session.scalar(text("SELECT count(*) FROM identity_changes")) == 0
