"""A certificate as an Open Badges 3.0 credential (a W3C Verifiable Credential 2.0), and the list that revokes them."""

import base64
import gzip
from collections.abc import Iterable

from certificate.domain.attestation import instant
from certificate.domain.proofs import Document
from certificate.models import Certificate

VC_CONTEXT = "https://www.w3.org/ns/credentials/v2"
BADGES_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
EXTENSIONS_CONTEXT = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
"""Where the type of the schema is defined: a strict JSON-LD verifier refuses what no context defines."""
BADGES_SCHEMA = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"

LIST_LENGTH = 131_072
"""Certificates on one status list: the fewest that the specification allows, so that asking tells little."""


def credential(certificate: Certificate, did: str, public_url: str) -> Document:
    """The credential without its proof."""
    document: Document = {
        "@context": [VC_CONTEXT, BADGES_CONTEXT, EXTENSIONS_CONTEXT],
        "id": certificate.credential_url(public_url),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": certificate.course_title,
        "issuer": {"id": did, "type": ["Profile"], "name": "Syllabus", "url": public_url},
        "validFrom": instant(certificate.issued_at),
        "credentialSubject": _subject(certificate),
        "credentialStatus": _status(certificate, public_url),
        "credentialSchema": [{"id": BADGES_SCHEMA, "type": "1EdTechJsonSchemaValidator2019"}],
    }
    if certificate.expires_at is not None:
        document["validUntil"] = instant(certificate.expires_at)
    return document


def _subject(certificate: Certificate) -> Document:
    return {
        "type": ["AchievementSubject"],
        "identifier": [
            {
                "type": "IdentityObject",
                "hashed": False,
                "identityHash": certificate.student_name,
                "identityType": "name",
            }
        ],
        "activityEndDate": instant(certificate.completion_date),
        "licenseNumber": certificate.certificate_number,
        "achievement": {
            "id": f"urn:syllabus:course:{certificate.course_id}",
            "type": ["Achievement"],
            "achievementType": "CertificateOfCompletion",
            "name": certificate.course_title,
            "description": f"Completion of the course {certificate.course_title}.",
            "criteria": {
                "narrative": "All lessons of the course are completed and all its required assessments passed."
            },
        },
    }


def _status(certificate: Certificate, public_url: str) -> Document:
    number, index = divmod(certificate.id, LIST_LENGTH)
    url = list_url(number, public_url)
    return {
        "id": f"{url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(index),
        "statusListCredential": url,
    }


def status_list(number: int, revoked: Iterable[int], did: str, public_url: str, *, valid_from: str) -> Document:
    """The credential, without its proof, that says which of a list's certificates no longer hold, by id."""
    url = list_url(number, public_url)
    return {
        "@context": [VC_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did,
        "validFrom": valid_from,
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded_list(each - number * LIST_LENGTH for each in revoked),
        },
    }


def encoded_list(indexes: Iterable[int]) -> str:
    """The bits of these indexes set, the first bit leftmost; as multibase base64url of the gzipped list."""
    bits = bytearray(LIST_LENGTH // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


def list_url(number: int, public_url: str) -> str:
    return f"{public_url}/api/certificates/status/{number}/"
