"""The event entrance: what each part of the gateway does about an event, one after the other in one transaction."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.erasure import consumers as erasure
from gateway.notifications import consumers as notifications
from gateway.push import consumers as push
from shared.contracts import Event
from shared.inbox import BatchHandler, Handler, Handlers


def together(*parts: Handlers) -> Handlers:
    """The handlers of all parts; where several follow the same event, in the order of the parts."""
    events = dict.fromkeys(event for part in parts for event in part)
    return {event: _in_turn([part[event] for part in parts if event in part]) for event in events}


def _in_turn(handlers: Sequence[Handler]) -> Handler:
    async def handle(session: AsyncSession, event: Event) -> None:
        for handler in handlers:
            await handler(session, event)

    async def handle_all(session: AsyncSession, events: Sequence[Event]) -> None:
        for batch in batches:
            await batch.run(session, events)

    if len(handlers) == 1:
        return handlers[0]
    batches = [handler for handler in handlers if isinstance(handler, BatchHandler)]
    return BatchHandler(handle_all) if len(batches) == len(handlers) else handle


# Pushing first: it locks its log before anything else (`push.store.lock_log`). It also keeps the copies, as it has to
# tell what changes in them.
HANDLERS: Handlers = together(push.HANDLERS, notifications.HANDLERS, erasure.HANDLERS)
