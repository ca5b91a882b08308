"""Links in mails: what they allow, how long, and how many there may be."""

from datetime import timedelta
from typing import Literal, get_args

Purpose = Literal["password_reset", "email_verification"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

NO_LINK = "This link is not valid, or not any more. Ask for a new mail."
LIFETIME: dict[Purpose, timedelta] = {
    "password_reset": timedelta(hours=1),
    "email_verification": timedelta(days=2),
}
WINDOW = timedelta(minutes=15)
MOST_IN_WINDOW = 3
"""Mails with a link for the same purpose that a person gets in this time, however often they are asked for."""


def may_mail(*, mailed_lately: int) -> bool:
    """Whether one more link may be mailed to somebody who got so many within the window."""
    return mailed_lately < MOST_IN_WINDOW


def is_wanted(purpose: Purpose, *, is_active: bool, is_email_verified: bool) -> bool:
    """Whether a link is of use to the owner of an account."""
    return is_active and not (purpose == "email_verification" and is_email_verified)
