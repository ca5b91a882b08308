"""A thousand learners at once, through the gateway of the whole system; then all that was counted is counted anew.

    python -m bench.crowd [--learners 1000] [--changes 20]

It starts a private system with real processes and durable commits, and stops it. Exit status 1 when a counter of
enrollment is not what its rows come to, or a figure of the catalog not what enrollment's rows say.
"""

import argparse
import asyncio
import hashlib
import random
import statistics
import sys
import time
from typing import Any

import httpx
import psycopg
from psycopg.conninfo import make_conninfo

from enrollment.queries.recount import find_differences
from gateway.identity.tokens import TokenVault
from shared.database import Database
from shared.runtime.keys import TOKEN_KEY
from shared.runtime.stack import Stack

TEACHER, LESSONS = 1, 48
AT_ONCE = 64
"""Requests under way. All learners are at work all the time; the rest wait for their turn at the door."""
SETTLED_WITHIN_S = 60

_USERS = """
    INSERT INTO gateway.users (id, email, password_hash, first_name, last_name, role, is_active, date_joined,
        updated_date, revision, is_email_verified)
    OVERRIDING SYSTEM VALUE
    SELECT number, 'user' || number || '@example.org', '', 'User', number::text,
        CASE number WHEN 1 THEN 'instructor' ELSE 'student' END, true, now(), now(), 1, true
    FROM generate_series(1, %s) AS number
"""
_SUBSCRIPTIONS = """
    INSERT INTO gateway.subscriptions (user_id, tier, created_date, updated_date)
    SELECT id, 'free', now(), now() FROM gateway.users
"""
_TOLD = """
    SELECT c.enrolled_students_count, c.total_reviews, c.avg_rating::float,
        (SELECT count(*) FROM enrollment.enrollments WHERE course_id = c.id),
        (SELECT count(*) FROM enrollment.reviews WHERE course_id = c.id AND status = 'approved'),
        (SELECT round(avg(rating), 2)::float FROM enrollment.reviews WHERE course_id = c.id AND status = 'approved')
    FROM catalog.courses c
"""
"""What the catalog shows of the course, beside what enrollment's rows come to."""


def token_of(user: int) -> str:
    return hashlib.sha256(f"token{user}".encode()).hexdigest()[:40]


def fill(stack: Stack, users: int) -> None:
    """Users with tokens, the first of them the teacher. Registering them would measure password hashing."""
    vault = TokenVault.of_file(stack.wiring.keys / TOKEN_KEY)
    with _superuser(stack) as admin:
        admin.execute(_USERS, [users])
        admin.execute(_SUBSCRIPTIONS)
        with admin.cursor().copy("COPY gateway.tokens (user_id, lookup, sealed, created_date) FROM STDIN") as rows:
            for user in range(1, users + 1):
                token = token_of(user)
                rows.write_row((user, vault.lookup(token), vault.seal(token, user), "now"))


def _superuser(stack: Stack) -> psycopg.Connection[Any]:
    return psycopg.connect(make_conninfo(stack.database.url, dbname=stack.database_name))


def publish_course(stack: Stack) -> str:
    """A free course, made by its teacher; its slug."""
    headers = {"Authorization": f"Token {token_of(TEACHER)}"}
    with httpx.Client(base_url=f"{stack.url}/api", headers=headers, timeout=30) as client:

        def ask(method: str, path: str, **body: Any) -> Any:
            return client.request(method, path, json=body).raise_for_status().json()

        course = ask(
            "POST",
            "/courses/",
            title="Crowded",
            description="A course that a thousand learners work through at the same time.",
            learning_objectives=["Count right"],
            price="0.00",
        )
        module = ask("POST", "/modules/", course=course["id"], title="Only module")
        for number in range(LESSONS):
            title, content = f"Lesson {number}", "Words enough."
            ask("POST", "/lessons/", module=module["id"], title=title, type="reading", content=content)
        return str(ask("PUT", f"/courses/{course['slug']}/publish/")["slug"])


class Learner:
    """One of many, in a hurry."""

    def __init__(self, user: int, client: httpx.AsyncClient, gate: asyncio.Semaphore) -> None:
        self._client, self._gate = client, gate
        self._draw = random.Random(user)
        self._headers = {"Authorization": f"Token {token_of(user)}"}
        self.times: list[float] = []
        self.refused = 0

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        """The answer's body. A 503 says when to ask again."""
        for _ in range(10):
            async with self._gate:
                began = time.perf_counter()
                answer = await self._client.request(method, path, headers=self._headers, json=body)
                self.times.append(time.perf_counter() - began)
            if answer.status_code != 503:
                break
            self.refused += 1
            await asyncio.sleep(float(answer.headers["Retry-After"]))
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.json()

    async def learn(self, course: str, changes: int) -> None:
        await self._ask("POST", f"/courses/{course}/enroll/")
        rows = (await self._ask("GET", "/progress/?page_size=100&cursor="))["results"]
        for _ in range(changes):
            row = self._draw.choice(rows)
            body = self._draw.choice(
                ({"is_completed": True}, {"is_completed": False}, {"time_spent": self._draw.randint(1, 900)})
            )
            await self._ask("PATCH", f"/progress/{row['id']}/", body)
            if self._draw.random() < 0.3:
                await self._ask("POST", f"/progress/{row['id']}/heartbeat/", {"state": "active"})
        review = {"course": course, "rating": self._draw.randint(1, 5), "content": "Said in public."}
        written = await self._ask("POST", "/reviews/", review)
        if self._draw.random() < 0.2:
            await self._ask("PATCH", f"/reviews/{written['id']}/", {"rating": 3})


async def work(stack: Stack, course: str, learners: int, changes: int) -> None:
    """All of them at once."""
    gate = asyncio.Semaphore(AT_ONCE)
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    async with httpx.AsyncClient(base_url=f"{stack.url}/api", limits=limits, timeout=60) as client:
        crowd = [Learner(TEACHER + 1 + number, client, gate) for number in range(learners)]
        began = time.perf_counter()
        await asyncio.gather(*(learner.learn(course, changes) for learner in crowd))
        took = time.perf_counter() - began
    times = sorted(taken for learner in crowd for taken in learner.times)
    print(f"{learners} learners, {len(times)} requests in {took:.1f} s: {len(times) / took:.0f} a second,")
    print(f"p50 {statistics.median(times) * 1000:.0f} ms, p99 {times[len(times) * 99 // 100] * 1000:.0f} ms,")
    print(f"{sum(learner.refused for learner in crowd)} refused as too busy and asked again")


async def recount(stack: Stack) -> int:
    """How many counters of enrollment are not what its rows come to; each is printed."""
    database = Database(stack.wiring.database_urls["enrollment"], pool_size=2, name="crowd")
    wrong = [difference async for difference in find_differences(database)]
    await database.close()
    print(f"recount: {len(wrong)} differences", *wrong[:20], sep="\n")
    return len(wrong)


def hold_catalog(stack: Stack) -> int:
    """How many figures of the catalog are not what enrollment's rows come to, once events have had their time."""
    began = time.monotonic()
    with _superuser(stack) as admin:
        admin.autocommit = True
        while True:
            [row] = admin.execute(_TOLD)
            shown, counted = row[:3], row[3:]
            if shown == counted or time.monotonic() > began + SETTLED_WITHIN_S:
                break
            time.sleep(0.1)
    wrong: int = sum(one != other for one, other in zip(shown, counted, strict=True))
    print(f"catalog, {time.monotonic() - began:.1f} s later: {wrong} differences; learners, reviews, average: {shown}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.crowd", description=__doc__)
    parser.add_argument("--learners", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=20)
    chosen = parser.parse_args()
    with Stack(durable=True, settings={"SYLLABUS_RATE_LIMITS": "false"}) as stack:
        fill(stack, chosen.learners + 1)
        course = publish_course(stack)
        asyncio.run(work(stack, course, chosen.learners, chosen.changes))
        wrong = hold_catalog(stack) + asyncio.run(recount(stack))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
