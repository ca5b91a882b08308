"""Settings of assessment; those that every service has are in `shared.settings`."""

from pathlib import Path
from typing import ClassVar

from shared.settings import ServiceName, ServiceSettings


class Settings(ServiceSettings):
    SERVICE: ClassVar[ServiceName] = "assessment"

    database_url: str = "postgresql://assessment:assessment@127.0.0.1:5432/syllabus"
    listen: str = "127.0.0.1:8013"

    files_dir: Path = Path("files")
    """Folder of the files attached to answers; shared by all processes of the service."""
