"""How long a browser stays logged in."""

from datetime import datetime, timedelta

from shared.errors import Refusal

LIFETIME = timedelta(days=14)
"""Of a session that is not used."""
PROLONGED_AFTER = timedelta(days=1)
"""A session in use is prolonged once in this time, and not with every request."""
MOST_SESSIONS = 20
"""Of one user; the next login ends the one that was used longest ago."""


class CsrfFailed(Refusal):
    code = "CSRF_FAILED"
    message = "Send the value of the cookie csrftoken in the header X-CSRFToken."


def is_to_be_prolonged(expires_at: datetime, *, now: datetime) -> bool:
    return expires_at - now < LIFETIME - PROLONGED_AFTER
