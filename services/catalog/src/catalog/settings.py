"""The settings of this service; those that every service has are in `shared.settings`."""

from pathlib import Path
from typing import ClassVar, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from shared.settings import ServiceName, ServiceSettings


class Settings(ServiceSettings):
    SERVICE: ClassVar[ServiceName] = "catalog"

    database_url: str = "postgresql://catalog:catalog@127.0.0.1:5432/syllabus"
    listen: str = "127.0.0.1:8011"

    files_dir: Path = Path("files")
    """Where uploaded files are kept, unless `s3_endpoint` is given. All processes of the service need the same."""
    s3_endpoint: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+$")
    """Address of an object storage that speaks S3, without the bucket: `https://s3.eu-central-1.amazonaws.com`."""
    s3_public_endpoint: str | None = Field(default=None, pattern=r"^https?://[^/?#\s]+$")
    """The same as users reach it, where that differs: downloads are redirected there."""
    s3_bucket: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")
    """Private; nothing in it is readable without a signature of ours."""
    s3_region: str = "us-east-1"
    s3_access_key: SecretStr = SecretStr("")
    s3_secret_key: SecretStr = SecretStr("")

    @field_validator("s3_endpoint", "s3_public_endpoint", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """As deployment files pass on what is not set."""
        return None if value == "" else value

    @model_validator(mode="after")
    def _knows_its_bucket(self) -> Self:
        if self.s3_endpoint and not (self.s3_bucket and self.s3_access_key.get_secret_value()):
            raise ValueError("With SYLLABUS_S3_ENDPOINT, give SYLLABUS_S3_BUCKET, _ACCESS_KEY and _SECRET_KEY too.")
        return self
