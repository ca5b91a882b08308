import json
import stat
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from shared.runtime.keys import JWKS, SIGNING_KEY, TOKEN_KEY, ensure_keys
from shared.runtime.roles import SERVICES


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


class TestEnsureKeys:
    def test_keys_are_made_once_and_kept(self, tmp_path: Path) -> None:
        keys = ensure_keys(tmp_path / "keys")
        first = contents(keys)
        assert set(first) == {*(f"{service}.pem" for service in SERVICES), JWKS, TOKEN_KEY, SIGNING_KEY}
        assert contents(ensure_keys(keys)) == first

    def test_a_missing_one_is_made_and_the_others_stay(self, tmp_path: Path) -> None:
        first = contents(ensure_keys(tmp_path))
        (tmp_path / "catalog.pem").unlink()
        second = contents(ensure_keys(tmp_path))
        assert {name for name in first if first[name] != second[name]} == {"catalog.pem", JWKS}

    def test_they_are_private(self, tmp_path: Path) -> None:
        assert {stat.S_IMODE(path.stat().st_mode) for path in ensure_keys(tmp_path).iterdir()} == {0o600}

    def test_the_public_set_verifies_what_a_service_signs(self, tmp_path: Path) -> None:
        keys = ensure_keys(tmp_path)
        private = OKPKey.import_key((keys / "gateway.pem").read_bytes())
        token = jwt.encode({"alg": "Ed25519", "kid": "gateway"}, {"sub": "1"}, private, algorithms=["Ed25519"])
        public = json.loads((keys / JWKS).read_text())
        assert not any("d" in key for key in public["keys"])
        claims = jwt.decode(token, KeySet.import_key_set(public), algorithms=["Ed25519"]).claims
        assert claims == {"sub": "1"}
