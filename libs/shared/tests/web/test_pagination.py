"""Lists by page and by cursor."""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import column, select, values
from sqlalchemy import types as sqltypes

from shared.database import Database
from shared.errors import Invalid, NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate

NUMBER, GROUP = column("number", sqltypes.BigInteger), column("grp", sqltypes.BigInteger)


def numbers(count: int) -> Any:
    """`number` from 1 to `count`, in groups of three."""
    rows = values(NUMBER, GROUP, name="rows").data([(number, number // 3) for number in range(1, count + 1)])
    return select(rows.c.number, rows.c.grp), rows


def asked(**query: str) -> PageRequest:
    return PageRequest(
        page=int(query.get("page", 1)), size=min(int(query.get("page_size", 20)), 100), cursor=query.get("cursor"),
        ordering=tuple(query["ordering"].split(",")) if "ordering" in query else (),
        url="http://public/api/numbers/", query=tuple(query.items()),
    )  # fmt: skip


async def ask(database: Database, count: int, **query: str) -> Page[int]:
    statement, rows = numbers(count)
    request = asked(**query)
    keys = order_of(request, {"grp": rows.c.grp, "number": rows.c.number}, [], Key(rows.c.number))
    async with database.reading() as session:
        return await paginate(session, statement, request, keys, lambda row: int(row[0]))


def follow(link: str | None) -> dict[str, str]:
    assert link is not None
    assert link.startswith("http://public/api/numbers/?")
    return dict(parse_qsl(urlsplit(link).query, keep_blank_values=True))


class TestByPage:
    async def test_pages_have_a_count_and_links_that_keep_the_query(self, database: Database) -> None:
        page = await ask(database, 45, page="2", page_size="20", level="beginner")
        assert (page.count, page.results[0], page.results[-1]) == (45, 21, 40)
        assert follow(page.next) == {"page_size": "20", "level": "beginner", "page": "3"}
        assert follow(page.previous) == {"page_size": "20", "level": "beginner", "page": "1"}

    async def test_the_ends_have_no_link(self, database: Database) -> None:
        whole = await ask(database, 20)
        assert (whole.count, whole.next, whole.previous, len(whole.results)) == (20, None, None, 20)

    async def test_a_page_past_the_end_is_not_found_but_an_empty_first_is(self, database: Database) -> None:
        with pytest.raises(NotFound):
            await ask(database, 20, page="2")
        statement, rows = numbers(1)
        async with database.reading() as session:
            keys = [Key(rows.c.number)]
            empty = await paginate(session, statement.where(rows.c.number > 5), asked(), keys, lambda row: row[0])
        assert (empty.count, empty.results) == (0, [])

    async def test_too_deep_a_page_points_to_the_cursor(self, database: Database) -> None:
        with pytest.raises(Invalid, match="cursor"):
            await ask(database, 20, page="9999999999999999999")

    async def test_an_unknown_ordering_names_the_known(self, database: Database) -> None:
        with pytest.raises(Invalid, match="grp, number"):
            await ask(database, 20, ordering="password")


HUGE = base64.urlsafe_b64encode(json.dumps(["n", 10**30]).encode()).decode()


class TestByCursor:
    @pytest.mark.parametrize("ordering", ["number", "-number", "grp,-number", "-grp,number", "-grp,-number"])
    async def test_every_row_comes_once_forth_and_back(self, database: Database, ordering: str) -> None:
        query = {"cursor": "", "page_size": "7", "ordering": ordering}
        pages = [await ask(database, 31, **query)]
        assert pages[0].count is None
        while pages[-1].next:
            pages.append(await ask(database, 31, **follow(pages[-1].next)))
        forth = [number for page in pages for number in page.results]
        expected = await ask(database, 31, ordering=ordering, page_size="100")
        assert forth == expected.results
        back = [pages[-1]]
        while back[-1].previous:
            back.append(await ask(database, 31, **follow(back[-1].previous)))
        assert [page.results for page in reversed(back)] == [page.results for page in pages]

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "!!",
            "W10",
            "WyJuIl0",
            "WyJuIiwieCJd",
            "bnVsbA",
            "WyJuIixudWxsXQ",
            "WyJuIix0cnVlXQ",
            "WyJuIiwxZTQwXQ",
            HUGE,
        ],
    )
    async def test_what_is_not_a_cursor_is_refused(self, database: Database, cursor: str) -> None:
        with pytest.raises(Invalid, match="cursor"):
            await ask(database, 5, cursor=cursor)
