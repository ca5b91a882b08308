"""What all tables share."""

from datetime import datetime
from typing import Annotated

from sqlalchemy import BigInteger, Computed, DateTime, Identity, MetaData, Numeric, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from shared.database import CONSTRAINT_NAMES

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
OwnersId = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
"""Key of a copy: given by the service that owns the fact."""
Big = Annotated[int, mapped_column(BigInteger)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Strings = Annotated[list[str], mapped_column(JSONB)]
Choice = String(20)
Money = Numeric(10, 2)


class Table(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)


def document_of(*columns: tuple[str, str]) -> Computed:
    """The words of these columns by weight, for full-text search; spelled as PostgreSQL gives it back."""
    types = {"tags": "", "skills": "", "learning_objectives": "", "title": "::text", "subtitle": "::text"}
    parts = (
        f"setweight(to_tsvector('stemmed'::regconfig, {name}{types.get(name, '')}), '{weight}'::\"char\")"
        for name, weight in columns
    )
    return Computed(" || ".join(parts), persisted=True)
