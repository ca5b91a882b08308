"""Pieces of statements as text, for the hot reads: what SQLAlchemy would have sent."""

from collections.abc import Iterable
from typing import LiteralString

from sqlalchemy import ClauseElement, and_, true
from sqlalchemy.dialects.postgresql import psycopg

from catalog.queries.filters import Condition
from shared.pagination import Key

_DIALECT = psycopg.dialect()  # type: ignore[no-untyped-call]


def as_sql(piece: ClauseElement) -> LiteralString:
    """SQL as psycopg takes it, with the piece's own names for values; there are no values in it, nobody's."""
    compiled = piece.compile(dialect=_DIALECT)
    assert not any(compiled.params.values())
    return str(compiled)


def all_of(tests: Iterable[Condition]) -> LiteralString:
    return as_sql(and_(true(), *tests).self_group())


def order_of(keys: Iterable[Key]) -> LiteralString:
    return ", ".join(as_sql(key.column.desc() if key.descending else key.column.asc()) for key in keys)
