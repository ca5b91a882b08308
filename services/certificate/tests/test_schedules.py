"""The schedule as a worker process runs it."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from certificate.models import Completion
from certificate.schedules import BATCH, SETTLE, owners, settle_due
from certificate.settings import process_settings
from shared.testing import ServiceUnderTest


@pytest.fixture
def nobody_there(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process's own settings, with owners where nothing listens."""
    for service in ("GATEWAY", "CATALOG", "ASSESSMENT"):
        monkeypatch.setenv(f"SYLLABUS_{service}_URL", "unix:/nowhere")
    process_settings.cache_clear()
    owners.cache_clear()
    yield
    process_settings.cache_clear()
    owners.cache_clear()


@pytest.mark.usefixtures("nobody_there")
async def test_all_that_are_due_are_looked_at_although_owners_are_down(
    certificate: ServiceUnderTest, course: Any, enrollment: Any
) -> None:
    await certificate.deliver(course())
    due = BATCH + 1
    await certificate.deliver(*(enrollment(enrollment_id=number, user_id=number) for number in range(1, due + 1)))
    assert await SETTLE.is_due(certificate.database)
    await settle_due(certificate.database)
    assert not await SETTLE.is_due(certificate.database)
    async with certificate.database.reading() as session:
        waiting = (await session.scalars(select(Completion))).all()
    assert [each.state for each in waiting] == ["pending"] * due
    assert all(each.checks for each in waiting)
