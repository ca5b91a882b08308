"""What files may be: their kind as their bytes tell it, which kinds each type of resource takes, how large they may be.

Pure. What a file is called, and what its sender says that it is, count for nothing but the name of plain text.
"""

import re
from typing import Final

from catalog.domain.choices import ResourceType

MB: Final = 1024 * 1024
LARGEST_VIDEO = 500 * MB
LARGEST_FILE = 50 * MB
LARGEST_THUMBNAIL = 10 * MB
LARGEST_FORM = 1 * MB
"""Of a form without its file."""
HEAD = 4096
"""Bytes from the beginning that tell the kind."""
UNKNOWN = "application/octet-stream"
LONGEST_NAME = 255

_AT_START: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
    (b"PAR1", "application/vnd.apache.parquet"),
)
_OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_TEXTS = {
    "csv": "text/csv",
    "md": "text/markdown",
    "json": "application/json",
    "ipynb": "application/x-ipynb+json",
    "xml": "application/xml",
    "html": "text/html",
    "htm": "text/html",
    "svg": "image/svg+xml",
    "vtt": "text/vtt",
}
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_ARCHIVES: tuple[str, ...] = (
    "application/zip",
    "application/gzip",
    "application/x-tar",
    "application/x-bzip2",
    "application/x-xz",
    "application/x-7z-compressed",
    "application/vnd.rar",
)
_DOCUMENTS: tuple[str, ...] = (
    "application/pdf",
    "application/rtf",
    "application/x-ole-storage",
    "application/epub+zip",
    "application/vnd.openxmlformats-",
    "application/vnd.oasis.opendocument.",
    "application/json",
    "application/xml",
    "application/zip",
    "text/",
)
_TAKEN: dict[ResourceType, tuple[str, ...]] = {
    "document": _DOCUMENTS,
    "video": ("video/",),
    "audio": ("audio/",),
    "image": ("image/png", "image/jpeg", "image/gif", "image/webp"),
    "code_sample": ("text/", "application/json", "application/xml", "application/x-ipynb+json", *_ARCHIVES),
    "template": (*_DOCUMENTS, *_ARCHIVES, "image/"),
    "tool_software": ("",),
    "dataset": ("",),
}
_NAMES: dict[ResourceType, str] = {
    "document": "a document (PDF, Word, Excel, PowerPoint, OpenDocument, EPUB, RTF, ZIP or text)",
    "video": "a video (MP4, MOV, WebM, Matroska, Ogg, AVI)",
    "audio": "a sound (MP3, M4A, Ogg, FLAC, WAV, AAC)",
    "image": "an image (PNG, JPEG, GIF, WebP)",
    "code_sample": "text or an archive",
    "template": "a document, image or archive",
}
THUMBNAILS = ("image/png", "image/jpeg", "image/webp")


def largest_of(kind: ResourceType) -> int:
    """The most bytes that a file of a resource of this type may have."""
    return LARGEST_VIDEO if kind == "video" else LARGEST_FILE


def mime_type_of(head: bytes, file_name: str) -> str:
    """What a file is by its first bytes; the name decides only between kinds of text."""
    for start, kind in _AT_START:
        if head.startswith(start):
            return kind
    if head.startswith(b"PK\x03\x04"):
        return _in_zip(head)
    return _in_container(head) or _in_stream(head) or _text(head, file_name) or UNKNOWN


def _in_zip(head: bytes) -> str:
    if head[30:38] == b"mimetype":  # stored first and uncompressed: EPUB, OpenDocument
        found = re.match(rb"application/(?:epub\+zip|vnd\.oasis\.opendocument\.[a-z-]{1,40})", head[38:120])
        if found:
            return re.split(rb"PK", found[0])[0].decode()
    if b"[Content_Types].xml" in head or b"_rels/" in head:
        for folder, kind in _OFFICE:
            if folder in head:
                return kind
    return "application/zip"


def _in_container(head: bytes) -> str | None:
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in (b"M4A ", b"M4B "):
            return "audio/mp4"
        if brand in (b"avif", b"avis", b"heic", b"heix", b"mif1"):
            return "image/avif" if brand.startswith(b"avi") else "image/heic"
        return "video/quicktime" if brand == b"qt  " else "video/mp4"
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(head[8:12])
    if head.startswith(b"OggS"):
        return "video/ogg" if b"theora" in head[:200] else "audio/ogg"
    return "application/x-tar" if head[257:262] == b"ustar" else None


def _in_stream(head: bytes) -> str | None:
    """MPEG audio without a tag in front of it: a frame's own first bits."""
    if len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        layer, version = head[1] >> 1 & 3, head[1] >> 3 & 3
        if head[1] & 0xF6 == 0xF0:
            return "audio/aac"
        if layer == 1 and version != 1 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3:
            return "audio/mpeg"
    return None


def _text(head: bytes, file_name: str) -> str | None:
    if _CONTROLS.search(head):
        return None
    try:
        head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else a character that the cut went through
            return None
    return _TEXTS.get(file_name.rpartition(".")[2].lower(), "text/plain")


def check_kind(kind: ResourceType, mime_type: str) -> None:
    """Raises ValueError when a file of this mime type cannot be a resource of this type."""
    if not mime_type.startswith(_TAKEN[kind]):
        shown = "of a kind we do not know" if mime_type == UNKNOWN else mime_type
        raise ValueError(f"A resource of type '{kind}' must be {_NAMES[kind]}; by its bytes, this file is {shown}.")


def check_thumbnail(mime_type: str) -> None:
    """Raises ValueError."""
    if mime_type not in THUMBNAILS:
        raise ValueError(f"A thumbnail must be a JPEG, PNG or WebP image; by its bytes, this file is {mime_type}.")


def safe_name(file_name: str) -> str:
    """A name to give a download: the last part of what was sent, without what means something to a shell or header."""
    last = re.split(r"[/\\]", file_name.replace("%22", '"'))[-1]  # as browsers send a quote
    kept = re.sub(r'[\x00-\x1f\x7f"<>|:*?\ud800-\udfff]', "", last).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if dot and len(ending) <= 20:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return kept[:LONGEST_NAME] or "file"
