"""Files of an archive as resources of lessons."""

from typing import Annotated

from pydantic import StringConstraints

from catalog.domain.choices import ResourceType

ResourceUrl = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]

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
