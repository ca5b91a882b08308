"""Files of an archive as resources of lessons."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, StringConstraints

from catalog.domain.choices import ResourceType
from catalog.domain.durations import duration_minutes
from catalog.domain.media import HEAD, check_kind, largest_of, mime_type_of, safe_name
from catalog.domain.validation import validate_url
from catalog.images import pixels

ResourceUrl = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(validate_url)]

_TYPES: dict[ResourceType, tuple[str, ...]] = {
    "document": ("pdf", "doc", "docx", "odt", "ppt", "pptx", "odp", "xls", "xlsx", "ods", "txt", "rtf", "md", "epub"),
    "image": ("png", "jpg", "jpeg", "gif", "webp"),
    "video": ("mp4", "m4v", "webm", "ogv", "mov"),
    "audio": ("mp3", "m4a", "ogg", "oga", "wav", "flac"),
    "dataset": ("csv", "tsv", "json", "xml"),
    "code_sample": ("py", "ipynb", "java", "c", "cpp", "h", "rb", "go", "rs", "sql", "sh", "r", "m"),
    "tool_software": ("zip",),
}


def type_of(name: str) -> ResourceType | None:
    """What a file is for learners, by its ending; None for what is part of a web page (scripts, styles, fonts)."""
    ending = name.rpartition(".")[2].lower()
    return next((kind for kind, endings in _TYPES.items() if ending in endings), None)


class FileFacts(BaseModel):
    """A file of an archive, unpacked: where it lies on disk, and what it is by its bytes. `file_size` in bytes."""

    at: str
    file_name: str
    file_size: int
    mime_type: str
    duration_minutes: int | None = None
    width: int | None = None
    height: int | None = None


def check_file(kind: ResourceType, name: str, at: Path) -> None:
    """Raises ValueError with a sentence when a file cannot be a resource of this type."""
    check_kind(kind, _mime_type(name, at))
    size, most = at.stat().st_size, largest_of(kind)
    if not size:
        raise ValueError("The file is empty.")
    if size > most:
        raise ValueError(f"A file of type '{kind}' can have at most {most // 2**20} MB; this one has {size} bytes.")


def facts_of(name: str, at: Path) -> FileFacts:
    """What is told of a file."""
    mime_type, size = _mime_type(name, at), at.stat().st_size

    def read(offset: int, count: int) -> bytes:
        with at.open("rb") as file:
            file.seek(offset)
            return file.read(count)

    width, height = (pixels(read) if mime_type.startswith("image/") else None) or (None, None)
    return FileFacts(
        at=str(at),
        file_name=safe_name(name),
        file_size=size,
        mime_type=mime_type,
        duration_minutes=duration_minutes(mime_type, size, read),
        width=width,
        height=height,
    )


def _mime_type(name: str, at: Path) -> str:
    with at.open("rb") as file:
        return mime_type_of(file.read(HEAD), name)
