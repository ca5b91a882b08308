"""The keys of a local stack: made once, then kept. In production they come from the platform's secret store.

<service>.pem            Ed25519 private key with which the service signs identities
identity.jwks.json       the public halves of those, as a JWK set; each `kid` is the service's name
token.key                the gateway's secret for opaque tokens: 32 random bytes as base64url text
certificate-signing.pem  Ed25519 private key with which certificates are signed
"""

import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import OKPKey

from shared.runtime.roles import SERVICES
from shared.runtime.state import kept_secret, write_private

JWKS = "identity.jwks.json"
TOKEN_KEY = "token.key"  # noqa: S105 - a file name
SIGNING_KEY = "certificate-signing.pem"


def ensure_keys(directory: Path) -> Path:
    """Make whatever key is missing in `directory`, and return it. Never changes a key that is there."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (SIGNING_KEY, *(f"{service}.pem" for service in SERVICES)):
        if not (directory / name).exists():
            write_private(directory / name, _new_key())
    kept_secret(directory / TOKEN_KEY)
    public = [_public(service, directory / f"{service}.pem") for service in SERVICES]
    write_private(directory / JWKS, json.dumps({"keys": public}, indent=2).encode())
    return directory


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public(service: str, path: Path) -> dict[str, object]:
    key = OKPKey.import_key(path.read_bytes(), {"kid": service, "alg": "Ed25519", "use": "sig"})
    return dict(key.as_dict(private=False))
