"""What a course costs at a moment."""

from datetime import datetime
from decimal import Decimal

DEFAULT_PRICE = Decimal("490.00")


def current_price(price: Decimal, discount_price: Decimal | None, ends: datetime | None, *, now: datetime) -> Decimal:
    """The discount price while one is set and has not ended, else the price."""
    if discount_price is not None and (ends is None or ends > now):
        return discount_price
    return price
