"""What certificate answers to other services. Private: the gateway does not route it. Verification is public.

- `GET /internal/users/{user_id}/certificates/` → `EarnedCertificates`.
"""

from pydantic import BaseModel, ConfigDict


class EarnedCertificates(BaseModel):
    """How many certificates of a user hold: neither revoked, superseded nor expired."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    certificates_earned: int
