"""HTTP models of accounts."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from gateway.identity.domain.access import is_premium
from gateway.identity.domain.names import LONGEST_EMAIL, LONGEST_NAME, check_characters, check_email, full_name
from gateway.identity.domain.passwords import LONGEST, SHORTEST
from gateway.models import Subscription, User
from shared.contracts.gateway.events import Role

LONGEST_LINK_TOKEN = 100

Tier = Literal["free", "premium"]


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("This time is outside of the calendar.") from error


# The constraints stand first: pydantic applies them in this order.
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_EMAIL),
    AfterValidator(check_email),
    Field(json_schema_extra={"format": "email"}),
]
KnownEmail = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_EMAIL),
    AfterValidator(check_characters),
]
FirstName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_NAME),
    AfterValidator(check_characters),
]
LastName = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NAME), AfterValidator(check_characters)
]
"""May be empty: some people have one name."""
NewPassword = Annotated[
    str, StringConstraints(min_length=SHORTEST, max_length=LONGEST), AfterValidator(check_characters)
]
KnownPassword = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST), AfterValidator(check_characters)]
LinkToken = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_LINK_TOKEN),
    AfterValidator(check_characters),
    Field(description="The parameter `token` of the link in the mail."),
]
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class RegisterRequest(BaseModel):
    email: Email
    password: NewPassword = Field(description="Not common, and not the address.")
    first_name: FirstName
    last_name: LastName


class LoginRequest(BaseModel):
    email: KnownEmail
    password: KnownPassword
    session: bool = Field(default=False, description="Whether to set the cookies `sessionid` and `csrftoken` too.")


class AddressRequest(BaseModel):
    email: KnownEmail


class EmailVerification(BaseModel):
    token: LinkToken


class PasswordReset(EmailVerification):
    password: NewPassword = Field(description="Not common, and not the address.")


class MailAnswer(BaseModel):
    message: str = "If there is an account with this address, a mail with a link is on its way to it."


class PasswordChange(BaseModel):
    old_password: KnownPassword
    new_password: NewPassword


# `default_factory`: a field may be left out of the body, but null is no value for it.
class ProfileUpdate(BaseModel):
    first_name: FirstName = Field(default_factory=str)
    last_name: LastName = Field(default_factory=str)


class UserUpdate(ProfileUpdate):
    role: Role = Field(default_factory=lambda: "student")
    is_active: bool = Field(default_factory=bool)


class SubscriptionUpdate(BaseModel):
    tier: Tier
    expires_at: Instant | None = Field(default=None, description="When premium ends; null for never.")


class SubscriptionView(BaseModel):
    tier: Tier
    is_active: bool = Field(description="Whether a premium subscription is in force now.")
    expires_at: datetime | None

    @classmethod
    def of(cls, subscription: Subscription, *, now: datetime) -> "SubscriptionView":
        active = is_premium(subscription.tier, subscription.expires_at, now=now)
        return cls.model_validate(
            {"tier": subscription.tier, "is_active": active, "expires_at": subscription.expires_at}
        )


class UserView(BaseModel):
    id: int
    email: str
    first_name: str
    last_name: str
    full_name: str
    role: Role
    is_active: bool
    is_email_verified: bool = Field(description="Whether a link mailed to the address was followed.")
    date_joined: datetime
    subscription: SubscriptionView
    access_level: Literal["registered", "premium"]

    @classmethod
    def of(cls, user: User, subscription: Subscription, *, now: datetime) -> "UserView":
        paid = SubscriptionView.of(subscription, now=now)
        return cls.model_validate(
            {
                "id": user.id,
                "email": user.email,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "full_name": full_name(user.first_name, user.last_name),
                "role": user.role,
                "is_active": user.is_active,
                "is_email_verified": user.is_email_verified,
                "date_joined": user.date_joined,
                "subscription": paid,
                "access_level": "premium" if paid.is_active else "registered",
            }
        )


class TokenView(BaseModel):
    token: str = Field(description="Send it as `Authorization: Token <token>`. It does not expire.")


class LoginView(TokenView):
    user: UserView
