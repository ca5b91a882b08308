"""By what essays are graded."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from assessment.models.table import Moment, Table


class Rubric(Table):
    """By what essays are graded; it belongs to who made it. Papers hold it as it was when they were drawn.

    Once a paper holds it, a change makes a new `version`; until then it is changed as it is.
    """

    __tablename__ = "rubrics"
    __table_args__ = (Index(None, "owner_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    owner_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(255))
    criteria: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    is_used: Mapped[bool]
    is_deleted: Mapped[bool]
    created_date: Mapped[datetime] = mapped_column(Moment)
    updated_date: Mapped[datetime] = mapped_column(Moment)
