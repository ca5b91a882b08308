"""Settings of enrollment; those that every service has are in `shared.settings`."""

from typing import ClassVar

from shared.settings import ServiceName, ServiceSettings


class Settings(ServiceSettings):
    SERVICE: ClassVar[ServiceName] = "enrollment"

    database_url: str = "postgresql://enrollment:enrollment@127.0.0.1:5432/syllabus"
    listen: str = "127.0.0.1:8012"

    reviews_premoderated: bool = False
    """Whether a review, and a change of one, waits for a moderator before the public sees it."""
