"""Which files may be attached to an answer. What one is, its first bytes say; its name, what it is called."""

import re
import unicodedata

LARGEST_ATTACHMENT = 10 * 1024 * 1024
LONGEST_NAME = 200
HEAD = 4096
"""Bytes that are looked at."""

_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_PACKED = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
}
TAKEN = "PDF, PNG, JPEG, GIF and WebP images, office documents (docx, xlsx, pptx, odt, ods, odp), ZIP and plain text"

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f/\\\\:*?"<>|\ud800-\udfff]')


def mime_type_of(head: bytes, file_name: str) -> str | None:
    """By the file's first bytes; None for what is not taken. Of packed formats the name tells which it is."""
    for beginning, mime_type in _BEGINNINGS:
        if head.startswith(beginning):
            return mime_type
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"PK\x03\x04"):
        return _PACKED.get(file_name.rpartition(".")[2].lower(), "application/zip")
    return "text/plain" if head and _is_text(head) else None


def _is_text(head: bytes) -> bool:
    """UTF-8 without control characters; the last character may be cut off."""
    if any((byte < 32 and byte not in b"\t\n\r\f") or byte == 127 for byte in head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start >= len(head) - 3
    return True


def safe_name(sent: str) -> str:
    """A name without folders, and without characters that a file system or a header could take amiss."""
    name = unicodedata.normalize("NFC", _UNSAFE.sub("_", re.split(r"[/\\]", sent)[-1])).strip(" .")
    return name[-LONGEST_NAME:] or "attachment"
