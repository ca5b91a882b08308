from pathlib import Path

import pytest

from gateway.identity.tokens import TokenVault, new_token

VAULT = TokenVault(b"a secret of more than thirty-two characters")


class TestTokens:
    def test_a_token_is_forty_hexadecimal_characters(self) -> None:
        token = new_token()
        assert len(token) == 40
        assert set(token) <= set("0123456789abcdef")

    def test_a_sealed_token_opens_for_its_user(self) -> None:
        token = new_token()
        assert VAULT.open(VAULT.seal(token, 7), 7) == token

    def test_and_for_nobody_else(self) -> None:
        assert VAULT.open(VAULT.seal(new_token(), 7), 8) is None

    def test_nor_with_another_secret(self) -> None:
        other = TokenVault(b"another secret, also of enough characters")
        assert other.open(VAULT.seal(new_token(), 7), 7) is None

    def test_nothing_stored_shows_the_token(self) -> None:
        token = new_token()
        stored = VAULT.seal(token, 7) + VAULT.lookup(token)
        assert token.encode() not in stored
        assert bytes.fromhex(token) not in stored
        assert VAULT.seal(token, 7) != VAULT.seal(token, 7)

    def test_the_same_key_file_finds_the_same_tokens(self, tmp_path: Path) -> None:
        file = tmp_path / "key"
        file.write_text("0123456789abcdef0123456789abcdef\n")
        token = new_token()
        assert TokenVault.of_file(file).lookup(token) == TokenVault.of_file(file).lookup(token)

    def test_a_short_secret_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "key"
        file.write_text("short")
        with pytest.raises(ValueError, match="needs 32"):
            TokenVault.of_file(file)

    def test_without_a_file_each_process_has_its_own(self) -> None:
        token = new_token()
        assert TokenVault.of_file(None).lookup(token) != TokenVault.of_file(None).lookup(token)
