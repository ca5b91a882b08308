"""What certificate answers to other services. Private: the gateway does not route it.

- `GET /internal/users/{user_id}/certificates/count/` → `CertificatesCount`; 0 for who has none.
- `GET /internal/analytics/system/` → `SystemCertificates`
- `GET /internal/users/{user_id}/export/` → a JSON object of everything kept about the user: `certificates`,
  `completions`
"""

from pydantic import BaseModel, ConfigDict


class CertificatesCount(BaseModel):
    """Certificates that a user has earned, without those taken back; a reissued one counts once."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    certificates_earned: int


class SystemCertificates(BaseModel):
    """The same for all users."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    certificates: int
