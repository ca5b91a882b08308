"""`/api/certificates/keys/`"""

from fastapi import APIRouter

from certificate.issuer import issuer
from certificate.queries.keys import list_keys
from certificate.schemas import PublicKeys
from shared.database import Reading

router = APIRouter(tags=["certificates"])


@router.get("/api/certificates/keys/")
async def list_certificate_keys(session: Reading) -> PublicKeys:
    """The public keys that certificates are signed with, as a JSON Web Key Set. Open to all.

    Keys stay in the set after a rotation, so that older certificates still verify. A key's `kid` is its RFC 7638
    thumbprint.
    """
    return await list_keys(session, issuer().key.public)
