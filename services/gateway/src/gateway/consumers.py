"""The event entrance: what each part of the gateway does about an event, one after the other in one transaction."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.copies import consumers as copies
from gateway.erasure import consumers as erasure
from gateway.notifications import consumers as notifications
from shared.contracts import Event
from shared.inbox import Handler, Handlers


def together(*parts: Handlers) -> Handlers:
    """The handlers of all parts; where several follow the same event, in the order of the parts."""
    events = dict.fromkeys(event for part in parts for event in part)
    return {event: _in_turn([part[event] for part in parts if event in part]) for event in events}


def _in_turn(handlers: Sequence[Handler]) -> Handler:
    async def handle(session: AsyncSession, event: Event) -> None:
        for handler in handlers:
            await handler(session, event)

    return handlers[0] if len(handlers) == 1 else handle


HANDLERS: Handlers = together(copies.HANDLERS, notifications.HANDLERS, erasure.HANDLERS)
