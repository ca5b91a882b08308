"""HTTP models of notifications."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from gateway.notifications.domain.kinds import KINDS, BroadcastKind, Cadence, Kind
from shared.fields import Storable
from shared.pagination import Page

LONGEST_TITLE = 200
LONGEST_BODY = 5000


class NotificationView(BaseModel):
    id: int
    type: Kind
    title: str
    body: str
    data: dict[str, Any] = Field(description="Ids and figures of what it is about, such as `course_id`.")
    is_read: bool
    created_date: datetime


class NotificationPage(Page[NotificationView]):
    unread_count: int = Field(description="Of the whole list, whatever is shown of it.")


class AllRead(BaseModel):
    read: int = Field(description="How many were unread before.")
    unread_count: int = 0


class Preference(BaseModel):
    """By which channels notifications of one type come."""

    type: Kind
    web: bool = Field(description="Whether they stand in the list, and are pushed.")
    email: bool
    email_cadence: Cadence = Field(description="A mail at once, or in the daily or weekly digest.")


Preferences = Annotated[list[Preference], Field(max_length=len(KINDS))]
"""Types left out keep what they have."""


class BroadcastCreate(BaseModel):
    type: BroadcastKind
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TITLE), Storable]
    body: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_BODY), Storable]


class BroadcastView(BaseModel):
    id: int
    type: BroadcastKind
    title: str
    body: str
    created_date: datetime
