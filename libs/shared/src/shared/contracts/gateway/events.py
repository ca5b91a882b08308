"""Facts about users and what they are told. The gateway owns them; e-mail addresses stay with it."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.event import Event, State

Role = Literal["student", "instructor", "administrator"]


class UserState(State):
    """A user as other services may know them."""

    user_id: int
    full_name: str
    role: Role
    is_active: bool


class UserEvent(UserState, Event):
    KEY: ClassVar[str] = "user_id"


class UserRegistered(UserEvent):
    """Someone has an account."""

    TYPE: ClassVar[str] = "gateway.user.registered.v1"


class UserUpdated(UserEvent):
    """Name, role or activation of a user changed."""

    TYPE: ClassVar[str] = "gateway.user.updated.v1"


class UserErased(UserEvent):
    """A user asked to be forgotten: `full_name` is blank now, and the account closed for ever.

    Every service blanks what it holds about the person, keeps what counts without a name (ratings, scores in averages),
    and answers with its `<service>.user_data.erased.v1`.
    """

    TYPE: ClassVar[str] = "gateway.user.erased.v1"


class UserLoggedIn(Event):
    """Someone logged in with address and password. Tokens do not expire: it is not told how often one is used."""

    TYPE: ClassVar[str] = "gateway.login.made.v1"
    KEY: ClassVar[str] = "login_id"

    login_id: UUID
    user_id: int


class NotificationCreated(Event):
    """A user has a new notification in the list. What it says is told by the gateway's API to that user alone."""

    TYPE: ClassVar[str] = "gateway.notification.created.v1"
    KEY: ClassVar[str] = "notification_id"

    notification_id: int
    user_id: int
    type: str


class BroadcastCreated(Event):
    """An administrator tells everyone something; it is in everyone's list of notifications."""

    TYPE: ClassVar[str] = "gateway.broadcast.created.v1"
    KEY: ClassVar[str] = "broadcast_id"

    broadcast_id: int
    type: Literal["maintenance", "feature_announcement"]
    title: str
    body: str


EVENTS: tuple[type[Event], ...] = (
    UserRegistered,
    UserUpdated,
    UserErased,
    UserLoggedIn,
    NotificationCreated,
    BroadcastCreated,
)
