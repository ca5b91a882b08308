"""HTTP models of topics and replies."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from enrollment.models import TopicKind
from shared.contracts.gateway.events import Role
from shared.fields import OMITTED, Moment, RowId, Storable

LONGEST_TITLE, LONGEST_BODY = 255, 20_000

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=LONGEST_TITLE), Storable]
Body = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_BODY), Storable]


class TopicUpdate(BaseModel):
    """Any subset of the fields; `pinned`, `locked` and `publish_at` are the staff's."""

    title: Title = OMITTED
    body: Body = OMITTED
    publish_at: Moment | None = None
    pinned: StrictBool = False
    locked: StrictBool = False


class TopicReplace(TopicUpdate):
    """What is left out of the other fields stays as it is."""

    title: Title
    body: Body


class TopicCreate(TopicReplace):
    """Announcements are the staff's; learners do not see one before `publish_at`."""

    kind: TopicKind = "discussion"
    lesson: RowId | None = None


class ParticipantView(BaseModel):
    id: int
    name: str = Field(description="Empty where the name is not known.")
    role: Role


class TopicView(BaseModel):
    """A topic of a course. `course` and `lesson` are ids."""

    id: int
    course: int
    lesson: int | None
    kind: TopicKind
    title: str
    body: str
    author: ParticipantView
    publish_at: datetime | None
    pinned: bool
    locked: bool
    replies_count: int
    last_activity: datetime
    created_date: datetime


class ReplyReplace(BaseModel):
    body: Body


class ReplyCreate(ReplyReplace):
    """`parent_id` is the reply that is answered, null for the topic itself."""

    parent_id: RowId | None = None


class ReplyUpdate(BaseModel):
    """Any subset of the fields. `endorsed` is the staff's, as is setting reports aside by `reported: false`."""

    body: Body = OMITTED
    endorsed: StrictBool = False
    reported: StrictBool = False


class ReplyView(BaseModel):
    id: int
    topic: int
    parent_id: int | None
    body: str
    author: ParticipantView
    endorsed: bool = Field(description="Whether the course's staff stand behind it.")
    reported: bool = Field(description="To the staff: whether anybody reported it; to others: whether they did.")
    created_date: datetime
