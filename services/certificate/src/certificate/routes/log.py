"""`/api/certificates/log/`"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from certificate.issuer import issuer
from certificate.models import EntryKind
from certificate.queries import log
from certificate.routes.parameters import CertificateNumber
from certificate.schemas import Checkpoint, Consistency, Inclusion
from shared.database import Reading
from shared.fields import LARGEST_ID

router = APIRouter(tags=["certificates"])

TreeSize = Annotated[int, Query(ge=1, le=LARGEST_ID)]


@router.get("/api/certificates/log/")
async def get_log_checkpoint(session: Reading) -> Checkpoint:
    """The public log of every issue, reissue and revocation, as it is now: its size and Merkle root, signed.

    Open to all. `signature` is Ed25519, in base64url, over the canonical JSON (RFC 8785) of the other members, by the
    key `key_id` of `/api/certificates/keys/`. Keep checkpoints: a later one must be consistent with each of them.
    """
    return await log.get_checkpoint(session, issuer(), now=datetime.now(UTC))


@router.get("/api/certificates/log/proof/")
async def prove_log_inclusion(
    session: Reading,
    certificate_number: CertificateNumber,
    kind: Annotated[EntryKind, Query(description="Which of the certificate's entries.")] = "issue",
    tree_size: Annotated[
        TreeSize | None, Query(description="Of an older checkpoint; the present one if left out.")
    ] = None,
) -> Inclusion:
    """The proof that a certificate's entry is in the log (RFC 6962, section 2.1.1). Open to all.

    `leaf_hash` is SHA-256(0x00 ‖ leaf), and a node SHA-256(0x01 ‖ left ‖ right); the leaf is JSON with the number, the
    `verification_hash`, `kind` and `recorded_at`. 404 when there is no such entry, 400 for a tree that lacks it.
    """
    return await log.get_inclusion(session, certificate_number, kind, tree_size)


@router.get("/api/certificates/log/consistency/")
async def prove_log_consistency(session: Reading, first: TreeSize, second: TreeSize) -> Consistency:
    """The proof that the log of `second` entries begins with that of `first` (RFC 6962, section 2.1.2). Open to all.

    400 unless `first` is at most `second`, and `second` at most the present size.
    """
    return await log.get_consistency(session, first, second)
