"""Signed JSON documents: Data Integrity proofs of the suite eddsa-jcs-2022, and the DIDs that name their signers."""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import rfc8785

from certificate.domain.signing import SigningKey, VerifyingKey, bytes_of

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519_PUBLIC = b"\xed\x01"

Document = dict[str, Any]


def base58(data: bytes) -> str:
    """Multibase base58-btc, without its prefix `z`."""
    number, digits = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits


def multikey(key: VerifyingKey) -> str:
    """The public key as a Multikey: `z6Mk…`."""
    return "z" + base58(_ED25519_PUBLIC + bytes_of(key.x))


def did_of(key: VerifyingKey, public_url: str) -> str:
    """Who signs: `did:web` of the public host where it is https, so that keys can be looked up; else `did:key`."""
    url = urlsplit(public_url)
    if url.scheme == "https":
        return f"did:web:{quote(url.netloc, safe='')}"
    return f"did:key:{multikey(key)}"


def add_proof(document: Mapping[str, Any], key: SigningKey, did: str, *, created: str) -> Document:
    """The document with its proof. The same each time, if `created` is."""
    options = {
        "@context": document["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": created,
        "verificationMethod": f"{did}#{multikey(key.public)}",
        "proofPurpose": "assertionMethod",
    }
    signature = bytes_of(key.sign(hash_data(document, options)))
    return {**document, "proof": {**options, "proofValue": "z" + base58(signature)}}


def hash_data(document: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
    """What is signed: the hash of the proof's options, then that of the document without a proof."""
    return b"".join(hashlib.sha256(rfc8785.dumps(dict(part))).digest() for part in (options, document))
