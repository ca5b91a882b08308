from pathlib import Path

import pytest

from gateway.idempotency.vault import Answer, AnswerVault

ANSWER = Answer(201, ((b"content-type", b"application/json"), (b"x-latin", b"\xe4")), b'{"token": "secret\n"}')


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "secret"
    found.write_text("s" * 32)
    return found


class TestAnswers:
    def test_come_out_as_they_went_in(self, file: Path) -> None:
        sealed = AnswerVault(file).seal(ANSWER, 7)
        assert b"secret" not in sealed
        assert AnswerVault(file).open(sealed, 7) == ANSWER

    def test_open_for_nobody_else(self, file: Path) -> None:
        sealed = AnswerVault(file).seal(ANSWER, 7)
        assert AnswerVault(file).open(sealed, 8) is None
        assert AnswerVault(None).open(sealed, 7) is None


class TestFingerprints:
    def test_differ_with_every_part(self, file: Path) -> None:
        vault = AnswerVault(file)
        parts = [
            ("/api/a/", b"application/json", b"{}"),
            ("/api/a/?x=1", b"application/json", b"{}"),
            ("/api/a/", b"application/jsonx", b"{}"),
            ("/api/a/", b"application/json", b"{} "),
            ("/api/a/", b"application/jso", b"n{}"),
        ]
        assert len({vault.fingerprint(*each) for each in parts}) == len(parts)
        assert vault.fingerprint(*parts[0]) == AnswerVault(file).fingerprint(*parts[0])

    def test_do_not_with_a_boundary(self, file: Path) -> None:
        vault = AnswerVault(file)

        def of(boundary: str, content: str) -> bytes:
            body = f"--{boundary}\r\n\r\n{content}\r\n--{boundary}--\r\n".encode()
            return vault.fingerprint("/api/a/", f'multipart/form-data; boundary="{boundary}"'.encode(), body)

        assert of("abc", "x") == of("defgh", "x") != of("abc", "y")
