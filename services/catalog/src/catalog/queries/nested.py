"""Nested rows as JSON that PostgreSQL makes: one statement instead of one for each row."""

from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, func, literal_column
from sqlalchemy.dialects.postgresql import aggregate_order_by


def json_object(**columns: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """An object with these fields. The names are ours: they become part of the statement."""
    parts = [part for name, column in columns.items() for part in (literal_column(f"'{name}'"), column)]
    return func.json_build_object(*parts)


def json_list(item: ColumnElement[Any], *order: SQLColumnExpression[Any]) -> ColumnElement[Any]:
    """All items in their order; an empty list when there are none."""
    return func.coalesce(func.json_agg(aggregate_order_by(item, *order)), literal_column("'[]'::json"))
