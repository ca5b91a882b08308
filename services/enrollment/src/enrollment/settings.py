"""Settings of enrollment; those that every service has are in `shared.settings`."""

from functools import cache
from typing import ClassVar

from pydantic import Field

from shared.settings import ServiceName, ServiceSettings


class Settings(ServiceSettings):
    SERVICE: ClassVar[ServiceName] = "enrollment"

    database_url: str = "postgresql://enrollment:enrollment@127.0.0.1:5432/syllabus"
    listen: str = "127.0.0.1:8012"

    reviews_premoderated: bool = False
    """Whether a review, and a change of one, waits for a moderator before the public sees it."""
    activity_kept_days: int = Field(90, ge=2, le=3650)
    """For how long what learners did is kept by the hour; by the day it is kept for good."""


@cache
def process_settings() -> Settings:
    """The settings of this process, for schedules, which are given none."""
    return Settings()
