"""Which limits a request counts against. Pure: the numbers come from the settings, the counting is elsewhere."""

from typing import NamedTuple

from gateway.settings import Settings

PERIOD_S = 60
"""All limits are for so long, from the first request that counts."""


class Rule(NamedTuple):
    """At most `amount` requests in a period, for everyone named `who` together."""

    name: str
    amount: int
    who: str


_BY_ROUTE = {
    ("POST", "/api/auth/login/"): "login",
    ("POST", "/api/auth/register/"): "registration",
    ("POST", "/api/auth/password-reset/"): "recovery",
    ("POST", "/api/auth/password-reset/confirm/"): "recovery",
    ("POST", "/api/auth/verify-email/"): "recovery",
    ("POST", "/api/auth/verify-email/resend/"): "recovery",
    ("POST", "/account/password-reset/"): "recovery",
    ("POST", "/account/verify-email/"): "recovery",
    ("POST", "/api/user/change-password/"): "password",
    ("DELETE", "/api/user/"): "password",
}
_BY_PREFIX = (
    ("/api/search/", "search"),
    ("/api/certificates/verify/", "verification"),
    ("/verify", "verification"),
)
_OF_THE_USER = frozenset(("search", "password"))
"""Counted for the user where there is one; the others are always counted for the network address."""


def rules_for(settings: Settings, method: str, path: str, user_id: int | None, network: str) -> list[Rule]:
    """The limits that a request at a canonical `path` counts against: the general one, and a stricter one."""
    general = Rule("guest", settings.limit_guest, network)
    if user_id is not None:
        general = Rule("user", settings.limit_user, str(user_id))
    strict = _BY_ROUTE.get((method, path)) or next((name for start, name in _BY_PREFIX if path.startswith(start)), None)
    if strict is None:
        return [general]
    who = general.who if strict in _OF_THE_USER else network
    kind = general.name if strict in _OF_THE_USER else "guest"
    return [general, Rule(f"{strict}-{kind}", getattr(settings, f"limit_{strict}"), who)]
