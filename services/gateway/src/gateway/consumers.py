"""The event entrance: what the gateway does about which event."""

from gateway.erasure import consumers as erasure
from shared.inbox import Handlers

HANDLERS: Handlers = {**erasure.HANDLERS}
