"""Full-text search as SQL: what a query asks for, and how well a text fits it."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, SQLColumnExpression, cast, func, literal_column, select

STEMMED: ColumnElement[Any] = literal_column("'stemmed'::regconfig")


def as_query(query: str | ColumnElement[str]) -> ColumnElement[str]:
    """All words, "a phrase", or, -without: as search engines read it. Never an error, whatever was typed."""
    return func.websearch_to_tsquery(STEMMED, query)


def relevance(document: SQLColumnExpression[Any], wanted: str | ColumnElement[str]) -> ColumnElement[Decimal]:
    """How well it fits what is wanted (`domain.search.wanted_part`), from 0, in hundredths."""
    parsed = select(as_query(wanted)).scalar_subquery()  # once, not for each document
    return cast(func.ts_rank(document, parsed), Numeric(6, 2))
