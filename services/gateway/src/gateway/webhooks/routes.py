"""The HTTP entrance of webhooks. For administrators."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Request

from gateway.settings import Settings
from gateway.webhooks import queries
from gateway.webhooks.caller import check_url
from gateway.webhooks.commands import subscriptions
from gateway.webhooks.commands.collecting import end_of_feed
from gateway.webhooks.domain.addresses import networks_in
from gateway.webhooks.schemas import (
    DeliveryView,
    WebhookCreate,
    WebhookMade,
    WebhookReplace,
    WebhookUpdate,
    WebhookView,
)
from gateway.webhooks.vault import SecretVault
from shared.auth import Administrator
from shared.database import OpenDatabase, Reading, Transaction
from shared.fields import PathId
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(prefix="/api/webhooks", tags=["Webhooks"])


async def _check(request: Request, url: str) -> None:
    settings: Settings = request.app.state.settings
    await check_url(url, networks_in(settings.webhook_allowed_networks))


@router.get("/")
async def get_webhooks(caller: Administrator, session: Reading, page: Paging) -> Page[WebhookView]:
    """All webhooks. Order by `id` or `created_date`."""
    return await queries.list_webhooks(session, page)


@router.post("/", status_code=201)
async def post_webhook(
    body: WebhookCreate, request: Request, caller: Administrator, database: OpenDatabase, peers: AskPeers
) -> WebhookMade:
    """Have events sent to an address from now on: one POST for each, in order, with the event as `/api/events/` has it.

    They are signed by the Standard Webhooks specification (headers `webhook-id`, `webhook-timestamp`,
    `webhook-signature`) with `secret`, which is told this once. Answer 2xx within 15 seconds; else the event comes
    again, more and more seldom over a day, and the later ones wait for it. After that the webhook is switched off and
    administrators are notified. An event can come twice: its `webhook-id` is the same then. A private address is 400.
    """
    await _check(request, body.url)
    place = await end_of_feed(database, peers)
    vault = SecretVault(request.app.state.settings.token_key_file)
    async with database.transaction() as session:
        webhook, secret = await subscriptions.make_webhook(
            session, body.model_dump(), vault, place=place, now=datetime.now(UTC)
        )
        return WebhookMade(**WebhookView.of(webhook).model_dump(), secret=secret)


@router.get("/{webhook_id}/")
async def get_one_webhook(webhook_id: PathId, caller: Administrator, session: Reading) -> WebhookView:
    """A webhook, without its secret."""
    return WebhookView.of(await queries.get_webhook(session, webhook_id))


@router.put("/{webhook_id}/")
async def put_webhook(
    webhook_id: PathId, body: WebhookReplace, request: Request, caller: Administrator, database: OpenDatabase
) -> WebhookView:
    """Change a webhook. Switched on again, it goes on where it stopped, as far back as events are kept (30 days)."""
    return await _change(request, database, webhook_id, body)


@router.patch("/{webhook_id}/")
async def patch_webhook(
    webhook_id: PathId, body: WebhookUpdate, request: Request, caller: Administrator, database: OpenDatabase
) -> WebhookView:
    """Change some fields of a webhook."""
    return await _change(request, database, webhook_id, body)


async def _change(
    request: Request, database: OpenDatabase, webhook_id: int, body: WebhookReplace | WebhookUpdate
) -> WebhookView:
    changes = body.model_dump(exclude_unset=True)
    if "url" in changes:
        await _check(request, changes["url"])
    async with database.transaction() as session:
        webhook = await subscriptions.update_webhook(session, webhook_id, changes, now=datetime.now(UTC))
        return WebhookView.of(webhook)


@router.post("/{webhook_id}/rotate-secret/")
async def post_secret(webhook_id: PathId, request: Request, caller: Administrator, session: Transaction) -> WebhookMade:
    """Give a webhook another secret, which is told this once.

    For 24 hours deliveries carry a signature by each, with a space between, so that receivers can change over in that
    time. A second change within it ends the first secret at once.
    """
    vault = SecretVault(request.app.state.settings.token_key_file)
    webhook, secret = await subscriptions.rotate_secret(session, webhook_id, vault, now=datetime.now(UTC))
    return WebhookMade(**WebhookView.of(webhook).model_dump(), secret=secret)


@router.delete("/{webhook_id}/", status_code=204)
async def delete_webhook(webhook_id: PathId, caller: Administrator, session: Transaction) -> None:
    """Take a webhook away, with its log."""
    await subscriptions.delete_webhook(session, webhook_id)


@router.get("/{webhook_id}/deliveries/")
async def get_deliveries(
    webhook_id: PathId,
    caller: Administrator,
    session: Reading,
    page: Paging,
    status: Literal["pending", "delivered", "failed"] | None = None,
) -> Page[DeliveryView]:
    """What was sent and is to be sent, newest first, with every attempt. Kept for 30 days."""
    return await queries.list_deliveries(session, webhook_id, page, status=status)


@router.post("/{webhook_id}/deliveries/{delivery_id}/redeliver/", status_code=202)
async def redeliver(
    webhook_id: PathId, delivery_id: PathId, caller: Administrator, session: Transaction
) -> DeliveryView:
    """Send an event once more, after those that wait, under the same `webhook-id`. It is tried once."""
    again = await subscriptions.redeliver(session, webhook_id, delivery_id, now=datetime.now(UTC))
    return DeliveryView.of(again)
