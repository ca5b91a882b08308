"""A service's identity key is replaced while it goes on working: for a time the others know both."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import OKPKey

from shared.auth import Identity, ServiceCaller, Signer, Verifier
from shared.errors import InvalidToken

ADA = Identity(7, "student", "Ada")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    for name in ("old", "new"):
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / name).write_bytes(pem)
    return tmp_path


def verifier(keys: Path, **known: str) -> Verifier:
    """Knows each `name` in the folder by the given `kid`."""
    public: list[dict[str, Any]] = [
        OKPKey.import_key((keys / name).read_bytes(), {"kid": kid}).as_dict(private=False)
        for name, kid in known.items()
    ]
    (keys / "jwks").write_text(json.dumps({"keys": public}))
    return Verifier(keys / "jwks")


def test_through_all_three_steps_every_signature_in_use_is_believed(keys: Path) -> None:
    old, new = Signer("gateway", keys / "old"), Signer("gateway", keys / "new", "gateway.2")
    before, both, after = (
        verifier(keys, old="gateway"),
        verifier(keys, old="gateway", new="gateway.2"),
        verifier(keys, new="gateway.2"),
    )
    assert before.verify(old.for_user(ADA)) == both.verify(old.for_user(ADA)) == ADA
    assert both.verify(new.for_user(ADA)) == after.verify(new.for_user(ADA)) == ADA
    assert after.verify(new.for_service()) == ServiceCaller("gateway")
    with pytest.raises(InvalidToken):
        after.verify(old.for_user(ADA))


def test_a_suffix_gives_no_service_the_name_of_another(keys: Path) -> None:
    both = verifier(keys, old="gateway", new="catalog.2")
    with pytest.raises(InvalidToken):
        both.verify(Signer("catalog", keys / "new", "catalog.2").for_user(ADA))
    with pytest.raises(InvalidToken):
        both.verify(Signer("gateway", keys / "new", "catalog.2").for_user(ADA))
    with pytest.raises(InvalidToken):
        both.verify(Signer("gateway", keys / "new", "gateway.2").for_user(ADA))
