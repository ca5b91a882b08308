"""What the gateway answers to services, on its private address.

- `GET /internal/users/{user_id}/` → `UserState`; 404 when there is no such user.
- `GET /internal/users/?email=` → the same by address, in any case of letters.
"""

from shared.contracts.gateway.events import UserState

__all__ = ["UserState"]
