"""What the gateway answers to services, on its private address.

- `GET /internal/users/{user_id}/` → `UserState`; 404 when there is no such user.
"""

from shared.contracts.gateway.events import UserState

__all__ = ["UserState"]
