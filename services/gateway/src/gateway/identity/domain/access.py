"""Who may be let in."""

from datetime import datetime

from shared.errors import Refusal


class InvalidCredentials(Refusal):
    code = "INVALID_CREDENTIALS"
    message = "There is no account with this address and password."


class AccountDeactivated(Refusal):
    code = "ACCOUNT_DEACTIVATED"
    message = "This account has been deactivated. Ask an administrator."


READABLE_BY_SERVICES = frozenset(("/api/events/", "/api/events/schema/", "/api/schema/", "/api/docs/", "/api/health/"))
"""What a service account may read; it may do nothing else."""


def is_for_services(method: str, path: str) -> bool:
    """Whether a service account may do this."""
    return method in ("GET", "HEAD", "OPTIONS") and path in READABLE_BY_SERVICES


def is_premium(tier: str, expires_at: datetime | None, *, now: datetime) -> bool:
    """Whether a premium subscription is in force; without an end it always is."""
    return tier == "premium" and (expires_at is None or expires_at > now)
