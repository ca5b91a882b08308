"""Every statement on a table that grows without bound finds its rows by an index."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from shared.auth import ServiceCaller
from shared.contracts.gateway.events import UserErased
from shared.testing import ServiceUnderTest, user

LARGE = ("progress", "activity", "enrollments", "reviews", "review_votes", "notes", "topics", "replies")
PARTITION = re.compile(r"(?:progress|activity)_(?:\d+|rest)")


@pytest.fixture
def statements(enrollment: ServiceUnderTest) -> Iterator[dict[str, Any]]:
    """What is sent to the database from here on, with the values of the first time."""
    sent: dict[str, Any] = {}

    def note(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        sent.setdefault(statement, values[0] if many else values)

    engine = enrollment.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


async def do_everything(service: ServiceUnderTest) -> None:
    day = datetime.now(UTC).date()
    stretch = {"from": str(day - timedelta(days=5)), "to": str(day)}
    async with service.client(user(7)) as client:
        rows = (await client.get("/api/progress/", params={"cursor": ""})).json()["results"]
        review = {"course": 5, "rating": 4, "content": "Said in public."}
        written = (await client.post("/api/reviews/", json=review)).json()
        topic = {"kind": "question", "title": "Why?", "body": "Asked."}
        asked = (await client.post("/api/courses/5/topics/", json=topic)).json()
        reply = (await client.post(f"/api/topics/{asked['id']}/replies/", json={"body": "Because."})).json()
        note = (await client.post("/api/notes/", json={"lesson": 11, "content": "Mine."})).json()
        for path in (
            "enrollments/?cursor=", "enrollments/?status=active&course=5", f"enrollments/{rows[0]['enrollment']}/",
            "progress/?lesson=11", "progress/?course=first-aid", f"progress/?enrollment={rows[0]['enrollment']}",
            f"progress/{rows[0]['id']}/", "user/progress-stats/", "reviews/?cursor=", f"reviews/{written['id']}/",
            "courses/5/reviews/?cursor=", "courses/5/reviews/?ordering=-helpful_count&cursor=", "notes/?cursor=",
            "notes/?shared=true&cursor=", "notes/?lesson=11", "courses/5/topics/?cursor=", f"topics/{asked['id']}/",
            f"topics/{asked['id']}/replies/?cursor=", f"replies/{reply['id']}/", f"notes/{note['id']}/",
        ):  # fmt: skip
            assert (await client.get(f"/api/{path}")).status_code == 200, path
        for body in ({"is_completed": True}, {"time_spent": 30}):
            assert (await client.patch(f"/api/progress/{rows[0]['id']}/", json=body)).status_code == 200
        for _ in range(2):
            await client.post(f"/api/progress/{rows[0]['id']}/heartbeat/", json={"state": "active"})
    async with service.client(user(8)) as client:
        assert (await client.post(f"/api/reviews/{written['id']}/helpful/")).status_code == 200
    async with service.client(user(500, "instructor")) as client:
        assert (await client.get("/api/courses/5/enrollments/?cursor=&status=active")).status_code == 200
    async with service.client(ServiceCaller("gateway")) as client:
        for path, query in (
            ("courses/5/overlay/", {"user_id": 7}), ("lessons/11/lock/", {"user_id": 7}), ("users/7/export/", {}),
            ("enrollments/", {"user_id": 7, "course_id": 5}), ("analytics/courses/5/", stretch),
            ("analytics/users/7/", stretch),
        ):  # fmt: skip
            assert (await client.get(f"/internal/{path}", params=query)).status_code == 200, path


def scans(plan: dict[str, Any], large: Sequence[str] = LARGE) -> Iterator[str]:
    """Tables that a plan reads whole."""
    name = plan.get("Relation Name", "")
    if plan["Node Type"] == "Seq Scan" and (name in large or PARTITION.fullmatch(name)):
        yield name
    for inner in plan.get("Plans", ()):
        yield from scans(inner, large)


class TestPlans:
    async def test_no_large_table_is_read_whole(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, statements: dict[str, Any]
    ) -> None:
        await enrollment.deliver(course())
        await enroll(7)
        await enroll(8)
        await do_everything(enrollment)
        erased = UserErased(version=9, user_id=8, full_name="", role="student", is_active=False)
        await enrollment.deliver(course(lessons=[12, 13, 14], version=2), erased)
        seen = [statement for statement in statements if any(table in statement for table in LARGE)]
        assert len(seen) > 40
        whole = {}
        async with enrollment.database.engine.connect() as connection:
            for setting in ("enable_seqscan = off", "enable_bitmapscan = off", "plan_cache_mode = force_generic_plan"):
                await connection.execute(text(f"SET LOCAL {setting}"))
            for statement in seen:
                if statement.lstrip().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
                    plan = await connection.exec_driver_sql(f"EXPLAIN (FORMAT json) {statement}", statements[statement])
                    if found := set(scans(plan.scalar_one()[0]["Plan"])):
                        whole[statement] = found
        assert whole == {}

    async def test_what_is_asked_of_many_together_is_looked_up_one_by_one(
        self, enrollment: ServiceUnderTest, course: Any, enroll: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """With seqscans allowed, and tables large enough for PostgreSQL to know better."""
        await enrollment.deliver(course())
        await enroll(7)
        async with enrollment.database.transaction() as session:
            for statement in (
                "INSERT INTO courses SELECT (json_populate_record(c, json_build_object('course_id', n, 'slug', n))).*"
                " FROM courses c, generate_series(100, 999) n",
                "INSERT INTO lessons"
                " SELECT (json_populate_record(l, json_build_object('lesson_id', n, 'course_id', n / 10))).*"
                " FROM lessons l, generate_series(1000, 9999) n WHERE lesson_id = 11",
                "INSERT INTO enrollments (user_id, course_id, last_accessed)"
                " SELECT n, n / 10, now() FROM generate_series(1000, 9999) n",
                "INSERT INTO progress (enrollment_id, lesson_id)"
                " SELECT id, n FROM enrollments, generate_series(1, 9) n WHERE course_id > 5",
            ):
                await session.execute(text(statement))
        whole, fetch = {}, enrollment.database._together._fetch
        async with await enrollment.database.connect() as connection:
            for table in ("lessons", "enrollments", "progress"):
                await connection.execute(f"ANALYZE {table}")

            async def explain(statement: Any, values: Any) -> Any:
                cursor = await connection.execute(f"EXPLAIN (FORMAT json) {statement}", values)
                [[plan]] = await cursor.fetchall()
                read = scans(plan[0]["Plan"], ("lessons", "enrollments"))
                whole[statement] = {name for name in read if not name.startswith("activity")}
                return await fetch(statement, values)

            monkeypatch.setattr(enrollment.database._together, "_fetch", explain)
            await do_everything(enrollment)
            await enroll(8)
        assert len(whole) == 7
        assert not any(whole.values()), whole
