"""Question banks, and what assessments draw from them."""

from datetime import datetime

from pydantic import BaseModel, Field

from assessment.schemas.fields import Title
from shared.fields import Ref, RowId

MOST_DRAWN = 100
MOST_IN_BANK = 5_000


class Draw(BaseModel):
    """So many questions of the bank, drawn at random for each attempt; all of them where it has fewer."""

    bank: RowId
    count: int = Field(ge=1, le=MOST_DRAWN)


class BankCreate(BaseModel):
    title: Title
    course: Ref


class BankPut(BaseModel):
    """A bank stays in its course."""

    title: Title


class BankPatch(BankPut):
    """Any of the fields; only those that are sent count."""

    title: Title = Field(default_factory=str)


class BankView(BaseModel):
    id: int
    title: str
    course: int
    questions_count: int
    created_date: datetime
    updated_date: datetime


class Skipped(BaseModel):
    """A question that was not taken: the line of the file where it begins, and why."""

    line: int
    reason: str


class Imported(BaseModel):
    imported: int
    skipped: list[Skipped]
