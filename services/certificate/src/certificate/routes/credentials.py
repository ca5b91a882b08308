"""`/api/certificates/{id}/credential/`, status lists, and the issuer's DID document"""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse

from certificate.domain.attestation import instant
from certificate.domain.credentials import LIST_LENGTH, credential, status_list
from certificate.domain.proofs import add_proof, did_of, multikey
from certificate.domain.signing import VerifyingKey
from certificate.issuer import issuer
from certificate.queries.credentials import get_revoked
from certificate.queries.keys import list_keys
from certificate.routes.access import find_document
from certificate.routes.parameters import PublicUrl
from shared.auth import SignedIn
from shared.database import OpenDatabase, Reading
from shared.errors import NotFound
from shared.fields import LARGEST_ID, PathId
from shared.peers import AskPeers

router = APIRouter(tags=["certificates"])

ListNumber = Annotated[int, Path(ge=0, le=LARGEST_ID // LIST_LENGTH)]


class CredentialResponse(JSONResponse):
    media_type = "application/vc"


@router.get("/api/certificates/{certificate_id}/credential/", response_class=CredentialResponse)
async def get_certificate_credential(
    certificate_id: PathId, identity: SignedIn, database: OpenDatabase, peers: AskPeers, public_url: PublicUrl
) -> CredentialResponse:
    """The certificate as an Open Badges 3.0 credential: a W3C Verifiable Credential 2.0, for wallets and verifiers.

    Signed with a Data Integrity proof (`eddsa-jcs-2022`). `credentialStatus` names the Bitstring Status List that tells
    whether it was revoked or superseded. The issuer is `did:web` of the public host, or `did:key` where that is not
    https. For whom the certificate is readable.
    """
    certificate = await find_document(database, peers, identity, certificate_id)
    key = issuer().key
    did = did_of(key.public, public_url)
    document = credential(certificate, did, public_url)
    signed = add_proof(document, key, did, created=instant(certificate.issued_at))
    # The schema of Open Badges 3.0 wants a list, be it of one.
    return CredentialResponse({**signed, "proof": [signed["proof"]]})


@router.get("/api/certificates/status/{number}/", response_class=CredentialResponse)
async def get_status_list(number: ListNumber, session: Reading, public_url: PublicUrl) -> CredentialResponse:
    """Which of 131,072 credentials no longer hold: a Bitstring Status List, signed like them. Open to all."""
    revoked, changed_at = await get_revoked(session, number)
    key = issuer().key
    did = did_of(key.public, public_url)
    document = status_list(number, revoked, did, public_url, valid_from=instant(changed_at))
    return CredentialResponse(add_proof(document, key, did, created=instant(changed_at)))


@router.get("/.well-known/did.json", include_in_schema=False)
async def get_did_document(session: Reading, public_url: PublicUrl) -> dict[str, Any]:
    """The keys behind `did:web`, past ones too. 404 where the public host is not https, and issues as `did:key`."""
    current = issuer().key.public
    did = did_of(current, public_url)
    if not did.startswith("did:web:"):
        raise NotFound
    keys = [multikey(VerifyingKey(key.x)) for key in (await list_keys(session, current)).keys]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [
            {"id": f"{did}#{key}", "type": "Multikey", "controller": did, "publicKeyMultibase": key} for key in keys
        ],
        "assertionMethod": [f"{did}#{key}" for key in keys],
    }
