"""What a client says over a socket."""

import json
from typing import Any

from shared.fields import LARGEST_ID


class NotUnderstood(Exception):
    """The text is not a message; says why, to the client."""


def message_in(text: str | None) -> dict[str, Any]:
    """Raises NotUnderstood."""
    try:
        said = json.loads(text or "")
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("Send JSON, as text.") from error
    if not isinstance(said, dict) or not isinstance(said.get("type"), str):
        raise NotUnderstood("A message is an object with a type.")
    return said


def token_in(said: dict[str, Any]) -> str | None:
    """The token of one who authenticates; None for any other message."""
    token = said.get("token")
    return token if said["type"] == "authenticate" and isinstance(token, str) else None


def last_event_id(value: object) -> int:
    """The id that a client resumes after, as a number or as text. Raises NotUnderstood."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)
    if type(value) is not int or not 0 <= value <= LARGEST_ID:
        raise NotUnderstood(f"last_event_id is the id of a message: a whole number from 0 to {LARGEST_ID}.")
    return value
