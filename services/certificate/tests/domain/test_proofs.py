import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from certificate.domain.proofs import add_proof, base58, did_of, hash_data, multikey
from certificate.domain.signing import SigningKey

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

# The test vector of the specification: "Data Integrity EdDSA Cryptosuites v1.0", representation eddsa-jcs-2022.
SECRET = "z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq"
PUBLIC = "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
CREATED = "2023-02-24T23:36:38Z"
DOCUMENT = {
    "@context": ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/examples/v2"],
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
}
HASHES = (
    "66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db"
    "59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19"
)
PROOF_VALUE = "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX"


def unbase58(text: str) -> bytes:
    number = 0
    for digit in text:
        number = number * 58 + ALPHABET.index(digit)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


@pytest.fixture
def key() -> SigningKey:
    prefix, seed = unbase58(SECRET[1:])[:2], unbase58(SECRET[1:])[2:]
    assert prefix == b"\x80\x26"
    return SigningKey(Ed25519PrivateKey.from_private_bytes(seed))


class TestPublishedVector:
    def test_key(self, key: SigningKey) -> None:
        assert multikey(key.public) == PUBLIC
        assert did_of(key.public, "http://127.0.0.1:8000") == f"did:key:{PUBLIC}"

    def test_proof(self, key: SigningKey) -> None:
        signed = add_proof(DOCUMENT, key, f"did:key:{PUBLIC}", created=CREATED)
        assert signed == {
            **DOCUMENT,
            "proof": {
                "type": "DataIntegrityProof",
                "cryptosuite": "eddsa-jcs-2022",
                "created": CREATED,
                "verificationMethod": f"did:key:{PUBLIC}#{PUBLIC}",
                "proofPurpose": "assertionMethod",
                "@context": DOCUMENT["@context"],
                "proofValue": PROOF_VALUE,
            },
        }
        options = {name: value for name, value in signed["proof"].items() if name != "proofValue"}
        assert hash_data(DOCUMENT, options).hex() == HASHES


@pytest.mark.parametrize(
    ("public_url", "did"),
    [
        ("https://learn.example", "did:web:learn.example"),
        ("https://learn.example:8443", "did:web:learn.example%3A8443"),
    ],
)
def test_a_public_host_names_the_issuer(key: SigningKey, public_url: str, did: str) -> None:
    assert did_of(key.public, public_url) == did


@given(st.binary(max_size=70))
def test_base58_can_be_read_back(data: bytes) -> None:
    assert unbase58(base58(data)) == data
