import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from certificate.domain.signing import SigningKey, VerifyingKey

KEY = SigningKey.generate()
DATA = b'{"student_name":"Ada"}'
SIGNATURE = KEY.sign(DATA)


def pem(key: object, encryption: KeySerializationEncryption | None = None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())  # type: ignore[attr-defined]


class TestSignature:
    def test_verifies_what_was_signed(self) -> None:
        assert KEY.public.verify(DATA, SIGNATURE)

    def test_not_by_another_key_nor_over_other_data(self) -> None:
        assert not SigningKey.generate().public.verify(DATA, SIGNATURE)
        assert not KEY.public.verify(DATA + b" ", SIGNATURE)

    @given(st.integers(0, len(SIGNATURE) - 1), st.characters())
    def test_not_when_any_character_of_it_differs(self, place: int, character: str) -> None:
        changed = SIGNATURE[:place] + character + SIGNATURE[place + 1 :]
        assert KEY.public.verify(DATA, changed) == (changed == SIGNATURE)

    @given(st.text(max_size=100))
    def test_not_when_it_is_no_signature_at_all(self, text: str) -> None:
        assert not KEY.public.verify(DATA, text)


class TestKey:
    def test_its_id_is_its_thumbprint(self) -> None:
        # The key and thumbprint of RFC 8037, appendix A.
        public = VerifyingKey("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        assert public.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"

    def test_signs_as_the_standard_says(self) -> None:
        # RFC 8032, 7.1, test 1.
        seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        key = SigningKey.from_pem(pem(Ed25519PrivateKey.from_private_bytes(seed)))
        expected = (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        )
        assert base64.urlsafe_b64decode(key.sign(b"") + "==").hex() == expected

    @pytest.mark.parametrize(
        "wrong",
        [
            b"",
            b"not a key",
            pem(generate_private_key(SECP256R1())),
            pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret")),
        ],
        ids=["empty", "text", "another kind", "encrypted"],
    )
    def test_is_refused_when_it_cannot_sign(self, wrong: bytes) -> None:
        with pytest.raises(ValueError):
            SigningKey.from_pem(wrong)
