"""The settings of this service; those that every service has are in `shared.settings`."""

from typing import ClassVar

from shared.settings import ServiceName, ServiceSettings


class Settings(ServiceSettings):
    SERVICE: ClassVar[ServiceName] = "catalog"

    database_url: str = "postgresql://catalog:catalog@127.0.0.1:5432/syllabus"
    listen: str = "127.0.0.1:8011"
