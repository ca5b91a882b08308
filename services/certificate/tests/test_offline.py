"""The offline verifier, with files as anyone can get them from the API."""

import base64
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from certificate import offline
from certificate.issuer import issuer
from certificate.rotation import make_key, publish
from shared.testing import ServiceUnderTest, user

ADMINISTRATOR = user(1, "administrator")


@pytest.fixture
async def files(certificate: ServiceUnderTest, issue: Any, tmp_path: Path) -> Path:
    """A certificate's PDF and credential, with what is needed to check them."""
    await issue(7, 8, 9)
    client = certificate.client(ADMINISTRATOR)
    shown = (await client.get("/api/certificates/")).json()["results"][1]
    number = {"certificate_number": shown["certificate_number"]}
    for name, path, query in (
        ("certificate.pdf", f"/api/certificates/{shown['id']}/pdf/", {}),
        ("credential.json", f"/api/certificates/{shown['id']}/credential/", {}),
        ("jwks.json", "/api/certificates/keys/", {}),
        ("proof.json", "/api/certificates/log/proof/", number),
        ("checkpoint.json", "/api/certificates/log/", {}),
        ("status.json", "/api/certificates/status/0/", {}),
    ):
        (tmp_path / name).write_bytes((await client.get(path, params=query)).content)
    record = offline.find_record((tmp_path / "certificate.pdf").read_bytes())
    (tmp_path / "certificate.json").write_text(json.dumps(record))
    return tmp_path


def run(folder: Path, file: str, *options: str) -> tuple[int, str]:
    said: list[str] = []
    arguments = [str(folder / file), "--keys", str(folder / "jwks.json")]
    for option in options:
        arguments += [f"--{option}", str(folder / f"{option}.json")]
    return offline.main(arguments, said.append), "".join(said)


class TestValid:
    @pytest.mark.parametrize("file", ["certificate.pdf", "certificate.json"])
    def test_a_certificate_with_its_proof(self, files: Path, file: str) -> None:
        code, said = run(files, file, "proof", "checkpoint")
        assert (code, said.splitlines()[-1]) == (0, "VALID")
        assert said.count("  ok") == (9 if file.endswith(".pdf") else 8)

    def test_a_credential_with_its_status(self, files: Path) -> None:
        code, said = run(files, "credential.json", "status")
        assert (code, said.splitlines()[-1]) == (0, "VALID")
        assert "ok          status: not revoked" in said

    def test_what_was_not_given_is_told(self, files: Path) -> None:
        assert "not checked" in run(files, "certificate.pdf")[1]

    def test_it_runs_alone(self, files: Path) -> None:
        """As a stranger has it: the one file, without the service."""
        alone = files / "offline.py"
        alone.write_bytes(Path(offline.__file__).read_bytes())
        done = subprocess.run(
            [sys.executable, "-I", alone, files / "certificate.pdf", "--keys", files / "jwks.json"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "VALID"), done


def changed_characters(text: str, count: int) -> list[str]:
    """The text with one of its letters or digits changed, at so many places."""
    places = [at for at, each in enumerate(text) if each.isascii() and each.isalnum()]
    chosen = random.Random(7).sample(places, min(count, len(places)))
    prefixes = [text.find(mark) + len(mark) for mark in ('"proofValue":"', '"encodedList":"') if mark in text]
    chosen += prefixes  # of multibase: they say nothing, and are changed all the same
    return [text[:at] + ("b" if text[at] != "b" else "c") + text[at + 1 :] for at in chosen]


class TestChanged:
    @pytest.mark.parametrize(
        "name", ["certificate.json", "proof.json", "checkpoint.json", "jwks.json", "credential.json", "status.json"]
    )
    def test_one_character_anywhere_is_found(self, files: Path, name: str) -> None:
        good = (files / name).read_text()
        file, options = ("credential.json", ["status"]) if name in ("credential.json", "status.json") else (
            "certificate.json", ["proof", "checkpoint"])  # fmt: skip
        passed = []
        for bad in changed_characters(good, 300):
            (files / name).write_text(bad)
            code, said = run(files, file, *options)
            assert code in (0, 1, 2)
            assert code != 1 or "FAILED" in said
            if code == 0 and not _is_harmless(name, good, bad):
                passed.append(bad)
        assert passed == []

    def test_one_byte_anywhere_in_the_pdf_is_found(self, files: Path) -> None:
        good = (files / "certificate.pdf").read_bytes()
        record_and_seal = range(good.index(b"%SyllabusRecord"), len(good))
        for at in [*random.Random(7).sample(range(len(good)), 100), *record_and_seal]:
            bad = bytearray(good)
            bad[at] ^= 1
            (files / "certificate.pdf").write_bytes(bytes(bad))
            assert run(files, "certificate.pdf")[0] != 0, at

    @pytest.mark.parametrize("change", [lambda pdf: pdf + b"\n", lambda pdf: pdf.replace(b"startxref", b"\nstartxref")])
    def test_one_byte_more_is_found(self, files: Path, change: Any) -> None:
        bad = change((files / "certificate.pdf").read_bytes())
        (files / "certificate.pdf").write_bytes(bad)
        code, said = run(files, "certificate.pdf")
        assert (code, "FAILED      file" in said) == (1, True)

    def test_one_without_its_seal_is_told_from_one_as_issued(self, files: Path) -> None:
        at = files / "certificate.pdf"
        at.write_bytes(re.sub(rb"%SyllabusSeal .*\n", b"", at.read_bytes()))
        code, said = run(files, "certificate.pdf")
        assert (code, said.count("FAILED")) == (1, 1)

    @pytest.mark.parametrize("line", ["Record", "Seal"])
    @pytest.mark.parametrize("times", [0, 2])
    def test_all_of_record_and_seal_is_there_once(self, files: Path, line: str, times: int) -> None:
        at = files / "certificate.pdf"
        lines = rb"((?:%%Syllabus%s .*\n)+)" % line.encode()
        at.write_bytes(re.sub(lines, lambda found: found[0] * times, at.read_bytes()))
        assert run(files, "certificate.pdf")[0] != 0

    def test_a_key_of_the_forgers_own_is_not_taken(self, files: Path) -> None:
        (files / "jwks.json").write_text('{"keys": []}')
        code, said = run(files, "certificate.pdf")
        assert (code, "FAILED      key" in said) == (1, True)
        assert run(files, "credential.json")[0] == 1

    async def test_a_revoked_credential_is_found(self, certificate: ServiceUnderTest, files: Path) -> None:
        identifier = json.loads((files / "credential.json").read_text())["id"].split("/")[-3]
        client = certificate.client(ADMINISTRATOR)
        await client.post(f"/api/certificates/{identifier}/revoke/", json={"reason": "x"})
        (files / "status.json").write_bytes((await client.get("/api/certificates/status/0/")).content)
        code, said = run(files, "credential.json", "status")
        assert (code, "FAILED      status: not revoked" in said) == (1, True)

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b"%PDF-1.7", b"\xff\xfe", b"[" * 100_000])
    def test_what_cannot_be_read_is_told(self, files: Path, content: bytes) -> None:
        for name, file, option in (
            ("certificate.json", "certificate.json", None),
            ("credential.json", "credential.json", None),
            ("proof.json", "certificate.pdf", "proof"),
            ("status.json", "credential.json", "status"),
        ):
            kept = (files / name).read_bytes()
            (files / name).write_bytes(content)
            code, said = run(files, file, *([option] if option else []))
            assert (code != 0, bool(said)) == (True, True)
            (files / name).write_bytes(kept)
        assert run(files, "nowhere.json")[0] == 2


def _is_harmless(name: str, good: str, bad: str) -> bool:
    """Whether what changed says nothing: other keys, and members of a key that follow from it."""
    if name == "jwks.json":
        return bool(json.loads(good)["keys"][0]["x"] in [each.get("x") for each in json.loads(bad).get("keys", [])])
    return False


class TestRotation:
    async def test_what_the_old_key_signed_goes_on_verifying(
        self, certificate: ServiceUnderTest, files: Path, issue: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from dataclasses import replace

        new = make_key(files / "new.pem")
        await publish(certificate.database, new)
        client = certificate.client(ADMINISTRATOR)
        jwks = (await client.get("/api/certificates/keys/")).json()
        assert [key["kid"] for key in jwks["keys"]] == [issuer().key.kid, new.kid]
        rotated = replace(issuer(), key=new)
        for module in ("schedules", "routes.credentials", "routes.log", "routes.keys"):
            monkeypatch.setattr(f"certificate.{module}.issuer", lambda: rotated)
        await issue(10)
        found = (await client.get("/api/certificates/")).json()["results"]
        shown = [(await client.get(f"/api/certificates/{each['id']}/")).json() for each in found]
        assert {each["key_id"] for each in shown} == {issuer().key.kid, new.kid}
        for each in shown:
            answer = await client.get(
                "/api/certificates/verify/", params={"certificate_number": each["certificate_number"]}
            )
            assert answer.json()["valid"] is True
        (files / "jwks.json").write_text(json.dumps(jwks))
        (files / "checkpoint.json").write_bytes((await client.get("/api/certificates/log/")).content)
        assert run(files, "certificate.pdf")[0] == 0
        assert run(files, "credential.json")[0] == 0

    def test_a_key_is_never_written_over(self, tmp_path: Path) -> None:
        path = tmp_path / "key.pem"
        make_key(path)
        assert path.stat().st_mode & 0o777 == 0o600
        with pytest.raises(FileExistsError):
            make_key(path)


def test_base58_is_that_of_credentials() -> None:
    from certificate.domain.proofs import base58

    for data in (b"", b"\0\0a", bytes(range(40)), base64.b64decode("7QE=")):
        assert offline._base58(base58(data)) == data
