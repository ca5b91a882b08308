"""Which kinds of body are taken where."""

import re
from collections.abc import Iterable
from typing import Literal

from shared.errors import Refusal

Kind = Literal["json", "multipart", "text"]

WITH_BODY = frozenset(("POST", "PUT", "PATCH", "DELETE"))
"""Methods whose bodies are looked at; those of others mean nothing, and no service reads them."""

_JSON = re.compile(rb"application/(?:[\w.+-]+\+)?json")
_TAKES_TEXT = re.compile(r"/api/(?:question-banks/[^/]+/import|courses/[^/]+/enrollments/bulk)/")
"""Files that may also come as the body itself."""
_TEXT = frozenset((b"text/plain", b"text/csv"))


class UnsupportedMediaType(Refusal):
    code = "UNSUPPORTED_MEDIA_TYPE"
    message = "Send the body as JSON, with the header Content-Type: application/json, or a file as multipart/form-data."


def kind_of(path: str, headers: Iterable[tuple[bytes, bytes]]) -> Kind:
    """The kind that a body at a canonical `path` says to be of. Raises UnsupportedMediaType for those not taken."""
    said = dict(headers).get(b"content-type", b"").partition(b";")[0].strip().lower()
    if _JSON.fullmatch(said):
        return "json"
    if said == b"multipart/form-data":
        return "multipart"
    if said in _TEXT and _TAKES_TEXT.fullmatch(path):
        return "text"
    raise UnsupportedMediaType
