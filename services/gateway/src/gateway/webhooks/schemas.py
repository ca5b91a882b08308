"""HTTP models of webhooks."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from gateway.webhooks.domain.addresses import LONGEST_URL
from gateway.webhooks.domain.types import matching
from gateway.webhooks.models import Delivery, Webhook
from shared.fields import OMITTED, Storable

LONGEST_TYPE = 100
MOST_TYPES = 100


def _known(value: str) -> str:
    if not matching([value]):
        raise ValueError(
            f"No event fits '{value}'. The names are in /api/events/schema/; `enrollment.*` and `*` fit many."
        )
    return value


EventPattern = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_TYPE), Storable, AfterValidator(_known)
]
EventTypes = Annotated[
    list[EventPattern],
    Field(min_length=1, max_length=MOST_TYPES, description="Names of events, `enrollment.*`, or `*` for all."),
]
Url = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_URL),
    Storable,
    Field(description="A public address."),
]


class WebhookCreate(BaseModel):
    url: Url
    event_types: EventTypes
    is_active: bool = True


class WebhookReplace(BaseModel):
    url: Url
    event_types: EventTypes
    is_active: bool = OMITTED


class WebhookUpdate(BaseModel):
    url: Url = OMITTED
    event_types: EventTypes = OMITTED
    is_active: bool = OMITTED


class WebhookView(BaseModel):
    id: int
    url: str
    event_types: list[str]
    is_active: bool
    disabled_reason: str | None = Field(description="Why it was switched off after long failure.")
    old_secret_until: datetime | None = Field(
        description="After a change of the secret: until when the one before signs too."
    )
    created_date: datetime
    updated_date: datetime

    @classmethod
    def of(cls, webhook: Webhook) -> "WebhookView":
        return cls.model_validate(webhook, from_attributes=True)


class WebhookMade(WebhookView):
    secret: str = Field(description="With which deliveries are signed. It is told this once.")


class Attempt(BaseModel):
    at: datetime
    status: int | None = Field(description="Of the answer; null when there was none.")
    error: str | None
    milliseconds: int


class DeliveryView(BaseModel):
    id: int
    webhook: int
    event_id: str
    event_type: str
    status: Literal["pending", "delivered", "failed"]
    is_redelivery: bool
    attempts: int
    log: list[Attempt]
    created_date: datetime
    completed_date: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryView":
        fields = {name: getattr(delivery, name) for name in cls.model_fields if name != "webhook"}
        return cls.model_validate({**fields, "webhook": delivery.webhook_id})
