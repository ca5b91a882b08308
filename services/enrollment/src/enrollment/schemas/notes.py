"""HTTP models of notes."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StrictBool, StringConstraints

from enrollment.schemas.fields import OMITTED
from shared.fields import RowId, Storable

LONGEST_CONTENT = 10_000
SHORTEST_TAG, LONGEST_TAG, MOST_TAGS = 2, 50, 10

Content = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_CONTENT), Storable]
Tag = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=SHORTEST_TAG, max_length=LONGEST_TAG), Storable
]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS), AfterValidator(lambda tags: list(dict.fromkeys(tags)))]


class NoteUpdate(BaseModel):
    """Any subset of the fields; what is left out stays as it is. A note stays on its lesson."""

    content: Content = OMITTED
    is_private: StrictBool = True
    tags: Tags = []


class NoteReplace(NoteUpdate):
    """`is_private` and `tags` stay as they are when they are left out."""

    content: Content


class NoteCreate(NoteReplace):
    """Private, unless it says otherwise. A tag given twice is kept once."""

    lesson: RowId


class NoteView(BaseModel):
    """A note on a lesson. `course` and `lesson` are ids."""

    id: int
    user: int
    user_name: str = Field(description="Empty where the name is not known.")
    course: int
    lesson: int
    content: str
    is_private: bool
    tags: list[str]
    created_date: datetime
    updated_date: datetime
