"""What all tables have in common."""

from sqlalchemy import MetaData
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

from shared.database import CONSTRAINT_NAMES

Moment = TIMESTAMP(timezone=True)


class Table(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
