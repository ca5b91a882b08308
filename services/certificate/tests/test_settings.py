from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import ValidationError

from certificate.domain.signing import SigningKey
from certificate.issuer import issuer
from certificate.settings import Settings, process_settings


class TestSigningKeyFile:
    def test_one_that_cannot_be_read_stops_the_process_at_its_start(self, tmp_path: Path) -> None:
        with pytest.raises(ValidationError, match="cannot be read"):
            Settings(signing_key_file=tmp_path / "missing.pem")

    def test_one_that_is_no_key_does_too(self, tmp_path: Path) -> None:
        file = tmp_path / "key.pem"
        file.write_text("nonsense")
        with pytest.raises(ValidationError, match="signing_key_file"):
            Settings(signing_key_file=file)

    def test_signs_from_then_on(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "key.pem"
        key = Ed25519PrivateKey.generate()
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        monkeypatch.setenv("SYLLABUS_SIGNING_KEY_FILE", str(file))
        process_settings.cache_clear()
        try:
            assert issuer.__wrapped__().key.kid == SigningKey(key).kid
        finally:
            process_settings.cache_clear()

    def test_without_one_every_process_has_a_key_of_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SYLLABUS_SIGNING_KEY_FILE", raising=False)
        assert issuer.__wrapped__().key.kid != issuer.__wrapped__().key.kid
