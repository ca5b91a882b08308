import base64
import gzip
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certificate.consumers import HANDLERS
from certificate.domain.credentials import LIST_LENGTH
from certificate.domain.proofs import hash_data, multikey
from certificate.issuer import issuer
from certificate.main import create
from certificate.settings import Settings
from shared.testing import Environment, ServiceUnderTest, serve_for_tests, user

URL = "/api/certificates/"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
ADMINISTRATOR = user(1, "administrator")
HOLDER = user(7)


def from_multibase(text: str) -> bytes:
    number = 0
    for digit in text[1:]:
        number = number * 58 + ALPHABET.index(digit)
    return number.to_bytes((number.bit_length() + 7) // 8)


def check_proof(document: dict[str, Any]) -> str:
    """As another verifier would, from the document alone. Returns the DID that signed."""
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    [proof] = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    did, _, key = options["verificationMethod"].partition("#")
    signature = from_multibase(proof["proofValue"]).rjust(64, b"\0")
    Ed25519PublicKey.from_public_bytes(from_multibase(key)[2:]).verify(signature, hash_data(unsigned, options))
    return str(did)


async def listed(service: ServiceUnderTest) -> list[dict[str, Any]]:
    answer = await service.client(ADMINISTRATOR).get(URL, params={"ordering": "issued_at"})
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def credential(service: ServiceUnderTest) -> dict[str, Any]:
    [shown] = await listed(service)
    answer = await service.client(HOLDER).get(shown["credential_url"].removeprefix(service.settings.public_url))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/vc")
    document: dict[str, Any] = answer.json()
    return document


async def revoked_on(service: ServiceUnderTest, url: str) -> set[int]:
    answer = await service.client().get(url)
    assert answer.status_code == 200, answer.text
    document = answer.json()
    check_proof(document)
    encoded = document["credentialSubject"]["encodedList"]
    bits = int.from_bytes(gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-len(encoded[1:]) % 4))))
    return {at for at in range(LIST_LENGTH) if bits >> (LIST_LENGTH - 1 - at) & 1}


@pytest.fixture
async def public(environment: Environment) -> AsyncIterator[ServiceUnderTest]:
    """The service behind an https host."""
    async with serve_for_tests(Settings, create, HANDLERS, environment, public_url="https://learn.example") as service:
        yield service


class TestCredential:
    async def test_is_a_signed_open_badge(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        [shown] = await listed(certificate)
        document = await credential(certificate)
        key = multikey(issuer().key.public)
        assert check_proof(document) == document["issuer"]["id"] == f"did:key:{key}"
        [proof] = document["proof"]  # a list, by the schema of Open Badges
        assert proof["verificationMethod"] == f"did:key:{key}#{key}"
        assert document["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
        assert document["@context"][0] == "https://www.w3.org/ns/credentials/v2"
        assert (document["id"], document["validFrom"]) == (shown["credential_url"], shown["issued_at"])
        subject = document["credentialSubject"]
        assert subject["identifier"][0]["identityHash"] == "Zoë Ångström"
        assert subject["licenseNumber"] == shown["certificate_number"]
        assert subject["achievement"]["name"] == "Sound Statistics"

    async def test_is_the_same_each_time(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        assert await credential(certificate) == await credential(certificate)


class TestStatusList:
    async def test_tells_what_no_longer_holds(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue(7, 8, 9)
        first, second, third = [each["id"] for each in await listed(certificate)]
        url = f"{URL}status/{first // LIST_LENGTH}/"
        assert await revoked_on(certificate, url) == set()
        client = certificate.client(ADMINISTRATOR)
        await client.post(f"{URL}{first}/revoke/", json={"reason": "Copied work."})
        await client.post(f"{URL}{third}/reissue/")
        assert await revoked_on(certificate, url) == {first % LIST_LENGTH, third % LIST_LENGTH}
        document = (await client.get(f"{URL}{second}/credential/")).json()
        status = document["credentialStatus"]
        assert status["statusListCredential"] == f"http://127.0.0.1:8000{url}"
        assert int(status["statusListIndex"]) == second % LIST_LENGTH

    @pytest.mark.parametrize(("number", "status"), [("0", 404), ("7", 404), ("-1", 400), (str(2**62), 400), ("x", 400)])
    async def test_that_nothing_is_on_is_none(self, certificate: ServiceUnderTest, number: str, status: int) -> None:
        assert (await certificate.client().get(f"{URL}status/{number}/")).status_code == status


class TestDid:
    async def test_of_a_public_host_has_the_keys(self, public: ServiceUnderTest) -> None:
        document = (await public.client().get("/.well-known/did.json")).json()
        key = multikey(issuer().key.public)
        assert document["id"] == "did:web:learn.example"
        assert document["verificationMethod"] == [
            {
                "id": f"did:web:learn.example#{key}",
                "type": "Multikey",
                "controller": "did:web:learn.example",
                "publicKeyMultibase": key,
            }
        ]
        assert document["assertionMethod"] == [f"did:web:learn.example#{key}"]

    async def test_of_another_is_none(self, certificate: ServiceUnderTest) -> None:
        assert (await certificate.client().get("/.well-known/did.json")).status_code == 404
