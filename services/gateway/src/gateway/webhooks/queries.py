"""What is asked about webhooks."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.webhooks.models import Delivery, Webhook
from gateway.webhooks.schemas import DeliveryView, WebhookView
from shared.errors import NotFound
from shared.pagination import Key, Page, PageRequest, order_of, paginate


async def list_webhooks(session: AsyncSession, page: PageRequest) -> Page[WebhookView]:
    keys = order_of(page, {"id": Webhook.id, "created_date": Webhook.created_date}, [], Key(Webhook.id))
    return await paginate(session, select(Webhook), page, keys, lambda row: WebhookView.of(row.Webhook))


async def get_webhook(session: AsyncSession, webhook_id: int) -> Webhook:
    """Raises NotFound."""
    webhook = await session.get(Webhook, webhook_id)
    if webhook is None:
        raise NotFound
    return webhook


async def list_deliveries(
    session: AsyncSession, webhook_id: int, page: PageRequest, *, status: str | None
) -> Page[DeliveryView]:
    """Newest first. Raises NotFound."""
    await get_webhook(session, webhook_id)
    wanted = select(Delivery).where(Delivery.webhook_id == webhook_id)
    if status is not None:
        wanted = wanted.where(Delivery.status == status)
    keys = order_of(page, {"id": Delivery.id}, [], Key(Delivery.id, descending=True))
    return await paginate(session, wanted, page, keys, lambda row: DeliveryView.of(row.Delivery))
