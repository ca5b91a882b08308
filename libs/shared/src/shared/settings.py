"""Settings that every service has. Each service adds its own in its `settings.py`.

All are read from environment variables with the prefix `SYLLABUS_`; every one has a local default that works.
"""

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ServiceName = Literal["gateway", "catalog", "enrollment", "assessment", "certificate"]


class ServiceSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SYLLABUS_", extra="ignore", frozen=True)

    SERVICE: ClassVar[ServiceName]

    database_url: str
    """PostgreSQL, as this service's own role: `postgresql://role:password@host:port/database`."""
    database_pool_size: int = Field(default=8, ge=1, le=200)
    amqp_url: str = "amqp://guest:guest@127.0.0.1:5672/"
    bus_prefix: str = Field(default="", pattern=r"^[a-z0-9_-]*$", max_length=40)
    """Put before the names of exchanges and queues, so that several systems can share one broker."""

    listen: str
    """Where the HTTP API is served: `host:port` or `unix:/path`."""
    run_worker: bool = True
    """Whether the API process also runs relay, consumers and schedules. Off where workers are deployed apart."""

    gateway_url: str = "http://127.0.0.1:8010"
    """Private address of the gateway. Addresses of services are `http://host:port` or `unix:/path`."""
    catalog_url: str = "http://127.0.0.1:8011"
    enrollment_url: str = "http://127.0.0.1:8012"
    assessment_url: str = "http://127.0.0.1:8013"
    certificate_url: str = "http://127.0.0.1:8014"
    public_url: str = "http://127.0.0.1:8000"
    """What users type: the start of every link in an answer. Without a slash at the end."""

    identity_key_file: Path | None = None
    """This service's Ed25519 private key (PEM), with which it signs its calls to other services."""
    identity_key_id: str | None = Field(default=None, pattern=r"^[a-z]+(\.[A-Za-z0-9-]{1,40})?$")
    """What the others know that key by. The service's name, unless the key replaces another: `catalog.2`."""
    identity_jwks_file: Path | None = None
    """Public keys (JWKS) of all services; `kid` is the service's name, or that and a suffix (`catalog.2`), so that a
    service can have two while one replaces the other. Without it, every caller is a guest."""

    log_format: Literal["console", "json"] = "json"
    otlp_endpoint: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+$")
    """A collector of traces that takes OTLP over HTTP: `http://collector:4318`. Without it, nothing is traced."""
    trace_ratio: float = Field(default=1.0, ge=0, le=1)
    """How much of the requests that begin here is traced."""
    worker_listen: str | None = None
    """Where a worker that is a process of its own answers `/livez`, `/readyz` and `/metrics`: `host:port`."""
    drain_s: float = Field(default=0.0, ge=0, le=60)
    """How long a process that was asked to stop goes on serving, and answers `/readyz` with 503, so that whoever
    spreads requests over several sends it no more."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("otlp_endpoint", "worker_listen", "identity_key_id", mode="before")
    @classmethod
    def _unset(cls, value: object) -> object:
        """As deployment files pass on what is not set."""
        return None if value == "" else value

    def peer_url(self, service: ServiceName) -> str:
        """Private address of another service."""
        return str(getattr(self, f"{service}_url"))
