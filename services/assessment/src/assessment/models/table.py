"""What all tables share."""

from sqlalchemy import MetaData, Numeric
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

from shared.database import CONSTRAINT_NAMES

Moment = TIMESTAMP(timezone=True)
Points = Numeric(12, 2)


class Table(DeclarativeBase):
    """Base of the tables."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
