"""Handing an uploaded file on to the certificate service, piece by piece."""

import json

from gateway.upstream.client import UpstreamDown
from gateway.upstream.inside import Inside
from gateway.upstream.proxy import Body

PATH = "/api/certificates/verify/"
LIMIT_S = 60.0
"""For the file to arrive and be read: it comes at the pace of the person's connection."""
_REFUSALS = frozenset((400, 413, 415, 422))


async def verify_file(inside: Inside, kind: str, body: Body) -> tuple[int, bytes]:
    """What the certificate service says of a form with a file: 200, 404, or a refusal of the file, with its body.

    `kind` is the form's content type. Raises UpstreamDown, and what `Body.pieces` raises.
    """
    try:
        status, answer = await inside.post("certificate", PATH, kind, body.pieces(), limit_s=LIMIT_S)
    except UpstreamDown:
        if body.failure is not None:
            raise body.failure from None
        raise
    if status not in _REFUSALS | {200, 404}:
        raise UpstreamDown(f"answered {status}")
    return status, answer


def sentence_in(answer: bytes) -> str:
    """Why a file was refused, as the service says it."""
    try:
        sentences = json.loads(answer)["file"]
    except (ValueError, KeyError, TypeError):
        sentences = None
    if not isinstance(sentences, list) or not sentences:
        return "Choose the PDF of a certificate."
    return str(sentences[0])
