"""Who may see which certificates."""

from shared.auth import Identity
from shared.errors import Refusal


class SubscriptionRequired(Refusal):
    code = "SUBSCRIPTION_REQUIRED"
    message = "Your certificates are listed for you with a premium subscription. They stay valid without one."


def check_may_list(identity: Identity) -> None:
    """Premium users, and those who teach or administer. Raises SubscriptionRequired."""
    if not (identity.is_premium or identity.has_role("instructor")):
        raise SubscriptionRequired


def may_be_staff(identity: Identity) -> bool:
    """Whether it is worth asking if this user is staff of a course: only those who teach are."""
    return identity.has_role("instructor")
