"""Holding copies against their owners: what differs is told, and taken anew from the owner where that is asked for.

    python -m catalog reconcile [--repair]       compare every copy; exit status 1 when something differs in the end
    python -m catalog rebuild enrollments        take one copy anew, whole, while the service goes on serving

The owner is asked for its states (`shared.snapshots`), and each is held against the copy's rows. A copy may be a moment
behind, so what differs is looked at again, from a new answer of the owner, until it fits or patience ends. Repairing is
taking the state as its event would be taken, so whatever follows from it follows here too; queues stay bound all the
time, and between a state and an event the higher version wins as always. Nothing is deleted: a row that its owner does
not know, or knows an older version of, is told and left to a person.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shared.contracts import State
from shared.contracts.snapshot import SnapshotPage
from shared.database import Database
from shared.errors import ServiceUnavailable
from shared.fields import LARGEST_ID
from shared.peers import Params
from shared.settings import ServiceName
from shared.snapshots import LARGEST_PAGE

PATIENCE_S = 10.0
"""How long a copy may be behind before that is a difference."""
LOOK_AGAIN_S = 0.2
MOST = 10_000
"""Differences of a copy that one run looks into; what is beyond is found by the next."""
SHOWN = 100

M = TypeVar("M", bound=BaseModel)
Values = dict[str, Any]
"""What a copy holds of one state, or should: columns, and parts under names of their own."""


class Owners(Protocol):
    """How other services are asked (`shared.peers.Peers`)."""

    async def get(self, service: ServiceName, path: str, model: type[M], params: Params | None = None) -> M | None: ...


@dataclass(frozen=True)
class Copy:
    """What a service keeps of another one's aggregate.

    `key` and `revision` are the columns of its table with the aggregate's id and version; `id_of` is the state's id.
    `expected` says what the row should hold, None where there should be no row; `take` is what the events' handlers do.
    """

    name: str
    owner: ServiceName
    aggregate: str
    state: type[State]
    id_of: str
    key: InstrumentedAttribute[int]
    revision: InstrumentedAttribute[int]
    expected: Callable[[Any], Values | None]
    take: Callable[[AsyncSession, Any], Awaitable[Any]]
    parts: Mapping[str, Callable[[AsyncSession, Sequence[int]], Awaitable[Mapping[int, Any]]]] = field(
        default_factory=dict
    )
    """What is kept in other tables, by name: `(session, ids)` → by id."""
    find: Callable[[Sequence[Any]], Any] | None = None
    """A condition that finds the rows of some states, where `key` has no index. Then rows that the owner does not know
    are not looked for."""


def columns(*names: str) -> Callable[[Any], Values]:
    """What a row should hold whose columns have the names of the state's fields."""
    return lambda state: {name: getattr(state, name) for name in names}


@dataclass(frozen=True)
class Check:
    """Something that follows from a service's own rows. `find` is SQL whose rows are what is wrong, each one a text;
    `repair` is SQL that puts it right, None where a person must look."""

    name: str
    find: str
    repair: str | None = None


Recount = Callable[[Database], AsyncIterator[Any]]
"""What is wrong in counters, each one printable."""


@dataclass(frozen=True)
class Reconciliation:
    """All that can be held against something, in one service."""

    copies: Sequence[Copy] = ()
    checks: Sequence[Check] = ()
    recounts: Sequence[Recount] = ()


@dataclass
class Report:
    """What was looked at, and what came of it."""

    compared: int = 0
    differences: list[str] = field(default_factory=list)
    """Where a copy or counter was wrong; repaired or not."""
    left: list[str] = field(default_factory=list)
    """What is still wrong."""

    def __str__(self) -> str:
        told = self.differences[:SHOWN]
        if len(self.differences) > SHOWN:
            told.append(f"... and {len(self.differences) - SHOWN} more")
        repaired = len(self.differences) - len(self.left)
        return "\n".join(
            [*told, f"{self.compared} compared, {len(self.differences)} different, {repaired} repaired"]
        )  # fmt: skip


async def reconcile(
    reconciliation: Reconciliation,
    database: Database,
    owners: Owners,
    *,
    repair: bool = False,
    patience_s: float = PATIENCE_S,
) -> Report:
    """Compare everything. Raises ServiceUnavailable when an owner does not answer."""
    report = Report()
    for copy in reconciliation.copies:
        await _Comparison(copy, database, owners, report).run(repair=repair, patience_s=patience_s)
    await _check(reconciliation, database, report, repair=repair)
    return report


async def rebuild(reconciliation: Reconciliation, name: str, database: Database, owners: Owners) -> Report:
    """Take a copy anew, row by row, whatever it holds, and put right what is counted from it; then compare it."""
    copy = next((copy for copy in reconciliation.copies if copy.name == name), None)
    if copy is None:
        raise ValueError(f"no copy '{name}': {', '.join(copy.name for copy in reconciliation.copies)}")
    report = Report()
    comparison = _Comparison(copy, database, owners, Report())
    async for page, _ in comparison.pages():
        for state in page:
            if copy.expected(state) is not None:
                await comparison.take(state)
    await _check(reconciliation, database, report, repair=True)
    await _Comparison(copy, database, owners, report).run(repair=False, patience_s=PATIENCE_S)
    return report


async def _check(reconciliation: Reconciliation, database: Database, report: Report, *, repair: bool) -> None:
    for check in reconciliation.checks:
        wrong = await _find(database, check)
        if wrong and repair and check.repair:
            async with database.transaction() as session:
                await session.execute(text(check.repair))
        report.differences += wrong
        report.left += await _find(database, check) if wrong else []
    for recount in reconciliation.recounts:
        wrong = [str(difference) async for difference in recount(database)]
        report.differences += wrong
        report.left += wrong


async def _find(database: Database, check: Check) -> list[str]:
    async with database.reading() as session:
        return [f"{check.name}: {row[0]}" for row in await session.execute(text(check.find))]


class _Comparison:
    """Of one copy with its owner."""

    def __init__(self, copy: Copy, database: Database, owners: Owners, report: Report) -> None:
        self._copy = copy
        self._database = database
        self._owners = owners
        self._report = report

    async def run(self, *, repair: bool, patience_s: float) -> None:
        suspects: list[int] = []
        async for states, (low, high) in self.pages():
            suspects += await self._look(states, low, high)
            self._report.compared += len(states)
        wrong = await self._wait(suspects[:MOST], patience_s)
        self._report.differences += wrong.values()
        if repair and wrong:
            for id_ in wrong:
                if (state := await self._ask(id_)) is not None and self._copy.expected(state) is not None:
                    await self.take(state)
            wrong = await self._wait(list(wrong), 0)
        self._report.left += wrong.values()

    async def pages(self) -> AsyncIterator[tuple[list[Any], tuple[int, int | None]]]:
        """The owner's states, with the ids that each page covers: those above the first, up to the second."""
        after: int | None = 0
        while after is not None:
            page = await self._page(after, LARGEST_PAGE)
            yield [self._copy.state.model_validate(state) for state in page.results], (after, page.next)
            after = page.next

    async def take(self, state: Any) -> None:
        """Take a state although the copy's row may say that it has it. Never instead of a newer one."""
        copy = self._copy
        async with self._database.transaction() as session:
            # A transaction of its own: taking locks rows in the order that its events' handlers do.
            await session.execute(
                update(copy.key.class_)
                .where(copy.key == self._id(state), copy.revision <= state.version)
                .values({copy.revision.key: -1})
                .execution_options(synchronize_session=False)
            )
        async with self._database.transaction() as session:
            await copy.take(session, state)

    async def _look(self, states: Sequence[Any], low: int, high: int | None) -> list[int]:
        """Ids that do not hold what they should, and those that the owner does not know."""
        held = await self._held(states, low, high)
        expected = {self._id(state): self._copy.expected(state) for state in states}
        wrong = [id_ for id_, values in expected.items() if not self._fits(held.get(id_), values)]
        return wrong + [id_ for id_ in held if id_ not in expected]

    async def _wait(self, ids: Sequence[int], patience_s: float) -> dict[int, str]:
        """Those that still differ when patience ends, each with how it differs."""
        deadline = time.monotonic() + patience_s
        while True:
            wrong = {id_: how for id_ in ids if (how := await self._difference(id_))}
            if not wrong or time.monotonic() >= deadline:
                return wrong
            ids = list(wrong)
            await asyncio.sleep(LOOK_AGAIN_S)

    async def _difference(self, id_: int) -> str:
        state = await self._ask(id_)
        place = f"{self._copy.name} {id_}"
        held = (await self._held([state] if state is not None else [], id_ - 1, id_)).get(id_)
        values = self._copy.expected(state) if state is not None else None
        if self._fits(held, values):
            return ""
        if held is None:
            return f"{place}: missing"
        if values is None:
            return f"{place}: {self._copy.owner} does not know it"
        different = sorted(name for name in values if held.get(name) != values[name])
        ahead = " (the copy is newer)" if held["version"] > state.version else ""
        return f"{place}: another {', '.join(different)}{ahead}"

    async def _ask(self, id_: int) -> Any:
        page = await self._page(id_ - 1, 1)
        states = [self._copy.state.model_validate(state) for state in page.results]
        return next((state for state in states if self._id(state) == id_), None)

    async def _page(self, after: int, limit: int) -> SnapshotPage:
        path = f"/internal/snapshot/{self._copy.aggregate}/"
        page = await self._owners.get(self._copy.owner, path, SnapshotPage, {"after": after, "limit": limit})
        if page is None:  # of a release that cannot tell: that is not to say that there are none
            raise ServiceUnavailable
        return page

    async def _held(self, states: Sequence[Any], low: int, high: int | None) -> dict[int, Values]:
        """What the copy holds, by id. Rows of version 0 or less came from elsewhere, and are not yet a copy."""
        copy = self._copy
        chosen = select(copy.key.class_.__table__, copy.key.label("_id"), copy.revision.label("_version"))
        if copy.find is not None:
            chosen = chosen.where(copy.find(states))
        else:
            chosen = chosen.where(copy.key > low, copy.key <= (LARGEST_ID if high is None else high))
        async with self._database.reading() as session:
            rows = (await session.execute(chosen)).mappings().all()
            known = {self._id(state) for state in states}
            held = {
                row["_id"]: {**row, "version": row["_version"]}
                for row in rows
                if row["_version"] != 0 or row["_id"] in known
            }
            for name, read in copy.parts.items():
                parts = await read(session, list(held)) if held else {}
                for id_, values in held.items():
                    values[name] = parts.get(id_)
        return held

    @staticmethod
    def _fits(held: Values | None, expected: Values | None) -> bool:
        if held is None or expected is None:
            return held is expected
        return all(held.get(name) == value for name, value in expected.items())

    def _id(self, state: Any) -> int:
        return int(getattr(state, self._copy.id_of))
