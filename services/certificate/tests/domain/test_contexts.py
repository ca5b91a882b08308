"""Every word of a credential is one that the published contexts define: a strict verifier refuses any other."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from certificate.domain.credentials import credential, status_list
from certificate.domain.proofs import add_proof, did_of
from certificate.domain.signing import SigningKey
from certificate.models import Certificate

FOLDER = Path(__file__).parent / "contexts"
CONTEXTS = {
    "https://www.w3.org/ns/credentials/v2": "credentials-v2.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json": "open-badges-3.0.3.json",
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": "open-badges-extensions.json",
}
MOMENT = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
URL = "https://learn.example"
KEY = SigningKey.generate()

Terms = dict[str, Any]


def context_of(document: Terms) -> Terms:
    terms: Terms = {}
    for url in document["@context"]:
        terms |= json.loads((FOLDER / CONTEXTS[url]).read_text(encoding="utf-8"))["@context"]
    return terms


def scoped(terms: Terms, name: str) -> Terms:
    """The terms within a type or property that brings some of its own."""
    meaning = terms.get(name)
    own = meaning.get("@context") if isinstance(meaning, dict) else None
    return terms | own if isinstance(own, dict) else terms


def undefined(node: Any, terms: Terms) -> set[str]:
    """Names of properties and types that the terms do not have."""
    if isinstance(node, list):
        return {name for each in node for name in undefined(each, terms)}
    if not isinstance(node, dict):
        return set()
    kinds = node.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    missing = {kind for kind in kinds if kind not in terms}
    for kind in sorted(kinds):
        terms = scoped(terms, kind)
    for name, value in node.items():
        if name.startswith("@"):
            continue
        if name not in terms:
            missing.add(name)
        missing |= undefined(value, scoped(terms, name))
    return missing


def a_certificate() -> Certificate:
    return Certificate(
        id=9,
        certificate_number="CERT-5-7-20260301123015250",
        course_id=5,
        user_id=7,
        student_name="Ada Byron",
        course_title="Sound Statistics",
        completion_date=MOMENT,
        issued_at=MOMENT,
        expires_at=MOMENT,
    )


def documents() -> dict[str, Terms]:
    did = did_of(KEY.public, URL)
    unsigned = {
        "credential": credential(a_certificate(), did, URL),
        "status list": status_list(0, [9], did, URL, valid_from="2026-03-01T12:30:15Z"),
    }
    return {name: add_proof(each, KEY, did, created="2026-03-01T12:30:15Z") for name, each in unsigned.items()}


@pytest.mark.parametrize("name", ["credential", "status list"])
def test_every_word_is_defined(name: str) -> None:
    document = documents()[name]
    assert undefined(document, context_of(document)) == set()


def test_a_word_of_nobodys_is_found() -> None:
    document = documents()["credential"]
    document["credentialSubject"]["achievement"]["grade"] = "A"
    document["credentialSchema"][0]["type"] = "Schema"
    assert undefined(document, context_of(document)) == {"grade", "Schema"}


def test_has_what_a_status_list_requires() -> None:
    """Of Bitstring Status List v1.0, sections 2.1 and 2.2."""
    entry = documents()["credential"]["credentialStatus"]
    assert entry.keys() == {"id", "type", "statusPurpose", "statusListIndex", "statusListCredential"}
    assert entry["id"] != entry["statusListCredential"]
    found = documents()["status list"]
    assert entry["statusListCredential"] == found["id"]
    assert found["credentialSubject"].keys() == {"id", "type", "statusPurpose", "encodedList"}
    assert found["credentialSubject"]["statusPurpose"] == entry["statusPurpose"] == "revocation"
    assert isinstance(entry["statusListIndex"], str)
