"""The event entrance. The gateway follows no events yet: nothing it serves is a copy."""

from shared.inbox import Handlers

HANDLERS: Handlers = {}
