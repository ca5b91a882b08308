"""Events of a batch come to the same as one after the other: the log, what is remembered, and who is notified."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import strategies as st
from sqlalchemy import text

from shared.contracts import Event
from shared.contracts.enrollment.events import (
    EnrollmentCompleted,
    EnrollmentCreated,
    EnrollmentReactivated,
    EnrollmentSuspended,
    EnrollmentUnenrolled,
    ProgressRecalculated,
    ProgressUpdated,
)
from shared.testing import ServiceUnderTest, statements
from shared.testing.properties import check_each

FEW, VERSIONS = st.integers(1, 2), st.integers(1, 9)
PROGRESS = st.builds(
    dict,
    kind=st.sampled_from([ProgressUpdated, ProgressUpdated, ProgressRecalculated]),
    user_id=FEW,
    version=VERSIONS,
    progress_percentage=st.integers(0, 100),
    lesson_id=FEW,
    is_completed=st.booleans(),
    time_spent=st.integers(0, 300),
)
ENROLLMENTS = st.builds(
    dict,
    kind=st.sampled_from(
        [EnrollmentCreated, EnrollmentUnenrolled, EnrollmentSuspended, EnrollmentReactivated, EnrollmentCompleted]
    ),
    user_id=FEW,
    version=VERSIONS,
    progress_percentage=st.integers(0, 100),
)
STATUS = {EnrollmentUnenrolled: "unenrolled", EnrollmentSuspended: "suspended", EnrollmentCompleted: "completed"}
SIZES = st.lists(st.integers(1, 6), min_size=12, max_size=12)
_KEPT = {
    "push_messages": "audience, type, course_id, assessment_id, data::text",
    "push_lessons": "*",
    "push_milestones": "*",
    "course_members": "*",
    "notification_fanouts": "audience, type, source, course_id, data, except_user",
}


def batches(events: list[Event], sizes: list[int]) -> Iterator[list[Event]]:
    left = iter(events)
    for size in sizes:
        if batch := list(islice(left, size)):
            yield batch


async def kept(gateway: ServiceUnderTest) -> dict[str, list[Any]]:
    """All that the events came to, in order where there is one; it is taken away."""
    found = {}
    async with gateway.database.transaction() as session:
        for table, columns in _KEPT.items():
            order = "id" if table in ("push_messages", "notification_fanouts") else "1, 2"
            rows = await session.execute(text(f"SELECT {columns} FROM {table} ORDER BY {order}"))
            found[table] = [tuple(row) for row in rows]
            await session.execute(text(f"DELETE FROM {table}"))
    return found


@pytest.mark.parametrize("drawn", [PROGRESS, ENROLLMENTS], ids=["progress", "enrollments"])
async def test_any_batches_come_to_the_same_as_one_by_one(gateway: ServiceUnderTest, make: Any, drawn: Any) -> None:
    def event_of(kind: type[Event], **fields: Any) -> Event:
        if kind is ProgressUpdated:
            return make.progress(fields.pop("user_id"), 7, **fields)
        return make.enrollment(fields.pop("user_id"), 7, kind, status=STATUS.get(kind, "active"), **fields)

    async def check(case: tuple[list[dict[str, Any]], list[int]]) -> None:
        events, sizes = [event_of(**fields) for fields in case[0]], case[1]
        await gateway.deliver(*events)
        one_by_one = await kept(gateway)
        for batch in batches(events, sizes):
            await gateway.deliver_at_once(*batch)
        assert await kept(gateway) == one_by_one

    await check_each(40, st.tuples(st.lists(drawn, min_size=1, max_size=12), SIZES), check)


class TestStatements:
    async def count(self, gateway: ServiceUnderTest, *events: Event) -> int:
        """Statements for a batch, the inbox's claim with them."""
        with statements() as sent:
            await gateway.deliver_at_once(*events)
        return len(sent)

    @pytest.mark.parametrize("size", [1, 50])
    async def test_do_not_grow_with_the_batch(self, gateway: ServiceUnderTest, make: Any, size: int) -> None:
        await gateway.deliver_at_once(make.enrollment(1, 8))  # a new connection asks for the server's kind
        learners = range(1, size + 1)
        progress = [make.progress(one, 7, progress_percentage=30, is_completed=True) for one in learners]
        assert await self.count(gateway, *progress) == 4
        assert await self.count(gateway, *(make.enrollment(one, 7) for one in learners)) == 5
