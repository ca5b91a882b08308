"""The list, its marks, preferences and broadcasts over HTTP."""

import asyncio
from typing import Any

import pytest

from gateway.notifications.domain.kinds import KINDS
from gateway.notifications.schedules import carry_out_fanouts
from shared.contracts.gateway.events import BroadcastCreated, NotificationCreated
from shared.testing import ServiceUnderTest, user

LIST = "/api/notifications/"
BROADCAST = "/api/notifications/broadcast/"
PREFERENCES = "/api/user/notification-preferences/"
MAINTENANCE = {"type": "maintenance", "title": "Tonight", "body": "We are away from ten to eleven."}


async def _told(gateway: ServiceUnderTest, make: Any, user_id: int, number: int) -> None:
    await gateway.deliver(*(make.graded(user_id, attempt_id=one) for one in range(number)))


class TestList:
    async def test_is_newest_first_and_counts_the_unread(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada, other = await make_account(), await make_account("o@example.com")
        await _told(gateway, make, ada.id, 3)
        await _told(gateway, make, other.id, 1)
        page = await listing(ada.id, page_size=2)
        assert (page["count"], page["unread_count"], len(page["results"])) == (3, 3, 2)
        assert [one["data"]["attempt_id"] for one in page["results"]] == [2, 1]
        client = gateway.client(user(ada.id))
        first = page["results"][0]["id"]
        for _ in range(2):
            answer = await client.post(f"{LIST}{first}/read/")
            assert (answer.status_code, answer.json()["is_read"]) == (200, True)
        assert (await listing(ada.id, unread=True))["count"] == 2
        assert (await listing(ada.id, unread=False))["count"] == 1
        assert (await listing(ada.id))["unread_count"] == 2

    async def test_can_be_paged_by_cursor(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada = await make_account()
        await _told(gateway, make, ada.id, 5)
        await gateway.client(user(1, "administrator")).post(BROADCAST, json=MAINTENANCE)
        first = await listing(ada.id, cursor="", page_size=4)
        cursor = first["next"].partition("cursor=")[2]
        second = await listing(ada.id, cursor=cursor, page_size=4)
        seen = [one["id"] for one in first["results"] + second["results"]]
        assert len(seen) == 6
        assert seen == sorted(set(seen), reverse=True)
        assert second["next"] is None

    async def test_of_others_is_not_found(self, gateway: ServiceUnderTest, make_account: Any, make: Any) -> None:
        ada, other = await make_account(), await make_account("o@example.com")
        await _told(gateway, make, ada.id, 1)
        (event,) = await gateway.events(NotificationCreated)
        client = gateway.client(user(other.id))
        for number in (event.notification_id, 999_999_999, 2**63 - 1):
            assert (await client.post(f"{LIST}{number}/read/")).status_code == 404

    @pytest.mark.parametrize("path", ["0/read/", "-1/read/", f"{2**63}/read/", "x/read/"])
    async def test_absurd_ids_are_refused(self, gateway: ServiceUnderTest, path: str) -> None:
        assert (await gateway.client(user(1)).post(LIST + path)).status_code in (400, 404)

    @pytest.mark.parametrize("query", ["unread=maybe", "page=0", "page_size=x", "ordering=title", "cursor=%00"])
    async def test_bad_queries_are_named(self, gateway: ServiceUnderTest, query: str) -> None:
        answer = await gateway.client(user(1)).get(f"{LIST}?{query}")
        assert answer.status_code == 400
        assert query.partition("=")[0] in answer.json()

    async def test_can_all_be_read_by_two_at_once(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada = await make_account()
        await _told(gateway, make, ada.id, 4)
        await gateway.client(user(1, "administrator")).post(BROADCAST, json=MAINTENANCE)
        client = gateway.client(user(ada.id))
        answers = await asyncio.gather(*(client.post(f"{LIST}read-all/") for _ in range(3)))
        assert {answer.status_code for answer in answers} == {200}
        assert sum(answer.json()["read"] for answer in answers) == 5
        assert (await listing(ada.id))["unread_count"] == 0


class TestPreferences:
    async def test_have_defaults_and_keep_what_is_set(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        client = gateway.client(user(ada.id))
        before = (await client.get(PREFERENCES)).json()
        assert [one["type"] for one in before] == list(KINDS)
        chosen = {"type": "deadline", "web": False, "email": True, "email_cadence": "weekly"}
        answer = await client.put(PREFERENCES, json=[chosen])
        assert answer.status_code == 200
        expected = [chosen if one["type"] == "deadline" else one for one in before]
        assert answer.json() == (await client.get(PREFERENCES)).json() == expected

    async def test_two_at_once(self, gateway: ServiceUnderTest, make_account: Any) -> None:
        ada = await make_account()
        client = gateway.client(user(ada.id))
        bodies = [
            [{"type": kind, "web": web, "email": web, "email_cadence": "daily"} for kind in kinds]
            for web, kinds in ((True, KINDS), (False, KINDS[::-1]), (True, KINDS[::-1]))
        ]
        answers = await asyncio.gather(*(client.put(PREFERENCES, json=body) for body in bodies))
        assert {answer.status_code for answer in answers} == {200}

    async def test_decide_about_the_list(
        self, gateway: ServiceUnderTest, make_account: Any, make: Any, listing: Any
    ) -> None:
        ada = await make_account()
        client = gateway.client(user(ada.id))
        off = [
            {"type": kind, "web": False, "email": False, "email_cadence": "daily"}
            for kind in ("assessment_graded", "maintenance")
        ]
        await client.put(PREFERENCES, json=off)
        await _told(gateway, make, ada.id, 1)
        told = (await gateway.client(user(1, "administrator")).post(BROADCAST, json=MAINTENANCE)).json()
        assert (await listing(ada.id))["count"] == 0
        assert (await client.post(f"{LIST}{told['id']}/read/")).status_code == 404
        assert await gateway.events(NotificationCreated) == []

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ([{"type": "nothing", "web": True, "email": True, "email_cadence": "daily"}], "0.type"),
            ([{"type": "deadline", "web": 7, "email": True, "email_cadence": "daily"}], "0.web"),
            ([{"type": "deadline", "web": True, "email": None, "email_cadence": "daily"}], "0.email"),
            ([{"type": "deadline", "web": True, "email": True, "email_cadence": "hourly"}], "0.email_cadence"),
            ([{"type": "deadline"}], "0.web"),
            ({"type": "deadline"}, "non_field_errors"),
            (
                [{"type": "deadline", "web": True, "email": True, "email_cadence": "daily"}] * (len(KINDS) + 1),
                "non_field_errors",
            ),
        ],
    )
    async def test_bad_ones_are_named(self, gateway: ServiceUnderTest, body: Any, field: str) -> None:
        answer = await gateway.client(user(1)).put(PREFERENCES, json=body)
        assert answer.status_code == 400
        assert field in answer.json()


class TestBroadcast:
    async def test_is_in_everyones_list_as_one_row(
        self, gateway: ServiceUnderTest, make_account: Any, listing: Any
    ) -> None:
        people = [await make_account(f"{number}@example.com") for number in range(3)]
        answer = await gateway.client(user(people[0].id, "administrator")).post(BROADCAST, json=MAINTENANCE)
        assert answer.status_code == 202
        late = await make_account("late@example.com")
        for one in people:
            page = await listing(one.id)
            assert page["unread_count"] == 1
            (entry,) = page["results"]
            assert {key: entry[key] for key in MAINTENANCE} == MAINTENANCE
            assert entry["id"] == answer.json()["id"]
        assert (await listing(late.id))["count"] == 0
        await gateway.client(user(people[0].id)).post(f"{LIST}{answer.json()['id']}/read/")
        assert [(await listing(one.id))["unread_count"] for one in people] == [0, 1, 1]
        (event,) = await gateway.events(BroadcastCreated)
        assert (event.broadcast_id, event.type, event.title) == (answer.json()["id"], "maintenance", "Tonight")

    async def test_is_mailed_to_those_who_asked(
        self, gateway: ServiceUnderTest, make_account: Any, postbox: Any, listing: Any
    ) -> None:
        ada, _ = await make_account(), await make_account("o@example.com")
        wanted = [{"type": "maintenance", "web": True, "email": True, "email_cadence": "immediate"}]
        await gateway.client(user(ada.id)).put(PREFERENCES, json=wanted)
        await gateway.client(user(1, "administrator")).post(BROADCAST, json=MAINTENANCE)
        await carry_out_fanouts(gateway.database)
        (message,) = await postbox.collect()
        assert (message["To"], message["Subject"]) == ("ada@example.com", "Tonight")
        assert (await listing(ada.id))["count"] == 1

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"type": "announcement"}, "type"),
            ({"title": " "}, "title"),
            ({"title": "x" * 201}, "title"),
            ({"title": None}, "title"),
            ({"body": "a\0b"}, "body"),
            ({"body": "x" * 5001}, "body"),
            ({"body": 5}, "body"),
        ],
    )
    async def test_bad_ones_are_named(self, gateway: ServiceUnderTest, change: dict[str, Any], field: str) -> None:
        answer = await gateway.client(user(1, "administrator")).post(BROADCAST, json={**MAINTENANCE, **change})
        assert answer.status_code == 400
        assert list(answer.json()) == [field]
