"""A certificate verifies in each of the ways there are, and one byte changed in any of them is found out."""

import io
import json
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest
import typst
import zxingcpp
from PIL import Image

from demo.api import Api

pytestmark = pytest.mark.stack

OFFLINE = Path(__file__).parents[2] / "services/certificate/src/certificate/offline.py"
WITH_LOG = ("--proof", "proof.json", "--checkpoint", "checkpoint.json")
WITH_STATUS = ("--status", "status.json")


def fetched(url: str, api: Api, **query: Any) -> bytes:
    answer = httpx.get(url, headers=api.headers, params=query, timeout=30)
    assert answer.status_code == 200, (url, answer.text)
    return answer.content


@pytest.fixture
def certificate(system, make_course, wait_until, tmp_path: Path) -> dict[str, Any]:
    """A certificate as its list shows it; in the folder all that anyone needs to check it."""
    course = make_course(system.instructor, lessons=1, quiz=False)
    learner, _ = system.guest.register(f"learner-{time.time_ns()}@example.com", "Zoë", "Ångström")
    enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
    for row in learner.get("/progress/", enrollment=enrollment["id"])["results"]:
        learner.put(f"/progress/{row['id']}/", {"is_completed": True})
    (shown,) = wait_until(lambda: system.admin.get("/certificates/", course=course["id"])["results"])
    public = f"{system.guest.address}/api/certificates"
    checkpoint = fetched(f"{public}/log/", system.guest)
    asked = {"certificate_number": shown["certificate_number"], "tree_size": json.loads(checkpoint)["tree_size"]}
    credential = fetched(shown["credential_url"], learner)
    status_url = json.loads(credential)["credentialStatus"]["statusListCredential"]
    for name, content in {
        "certificate.pdf": fetched(shown["pdf_url"], learner),
        "credential.json": credential,
        "jwks.json": fetched(f"{public}/keys/", system.guest),
        "checkpoint.json": checkpoint,
        "proof.json": fetched(f"{public}/log/proof/", system.guest, **asked),
        "status.json": fetched(status_url, system.guest),
    }.items():
        (tmp_path / name).write_bytes(content)
    return dict(shown)


def offline(folder: Path, file: str, *options: str) -> str:
    """The last word of the verifier, as docs/verify.md has it run: one file alone, beside nothing but files."""
    command = [sys.executable, "-I", OFFLINE, file, "--keys", "jwks.json", *options]
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[-1].partition(":")[0]


def uploaded(api: Api, pdf: bytes) -> bool:
    """Whether the file holds, by the API and by the page alike."""
    files = {"file": ("certificate.pdf", pdf, "application/pdf")}
    answer = httpx.post(f"{api.address}/api/certificates/verify/", files=files, timeout=30)
    page = httpx.post(f"{api.address}/verify/", files=files, timeout=30)
    valid = answer.json().get("valid") is True
    assert ("<h1>Valid</h1>" in page.text) is valid
    return valid


def code_on(pdf: Path) -> str:
    """What a camera reads off the page."""
    page = pdf.with_suffix(".typ")
    page.write_text(f'#set page(width: auto, height: auto, margin: 0pt)\n#image("{pdf.name}")')
    with Image.open(io.BytesIO(typst.compile(str(page), format="png", ppi=150))) as drawn:
        (code,) = zxingcpp.read_barcodes(drawn.convert("RGB"))
    return str(code.text)


def changed(good: bytes, places: Iterable[int]) -> Iterable[bytes]:
    for at in places:
        yield good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]


def test_by_number_code_file_offline_and_as_a_credential(system, certificate: dict[str, Any], tmp_path: Path) -> None:
    number = certificate["certificate_number"]
    assert system.guest.get("/certificates/verify/", certificate_number=number)["valid"] is True
    address = code_on(tmp_path / "certificate.pdf")
    assert address == certificate["verification_url"]
    assert "<h1>Valid</h1>" in httpx.get(address, timeout=30).text
    assert uploaded(system.guest, (tmp_path / "certificate.pdf").read_bytes())
    assert offline(tmp_path, "certificate.pdf", *WITH_LOG) == "VALID"
    assert offline(tmp_path, "credential.json", *WITH_STATUS) == "VALID"


def test_one_byte_changed_is_found_out(system, certificate: dict[str, Any], tmp_path: Path) -> None:
    number = certificate["certificate_number"]
    other = number[:-1] + ("0" if number[-1] != "0" else "1")
    assert httpx.get(certificate["verification_url"].replace(number, other), timeout=30).status_code == 404
    pdf = (tmp_path / "certificate.pdf").read_bytes()
    marks = (b"%PDF-", b"stream", b"dc:title", b"%SyllabusRecord", b"%SyllabusSeal", b"startxref")
    for bad in changed(pdf, [pdf.index(mark) + 20 for mark in marks]):
        assert not uploaded(system.guest, bad)
        assert is_refused(tmp_path, "certificate.pdf", bad, "certificate.pdf")
    for name, mark, file, options in (
        ("proof.json", '"leaf_input"', "certificate.pdf", WITH_LOG),
        ("checkpoint.json", '"timestamp"', "certificate.pdf", WITH_LOG),
        ("credential.json", "Journey", "credential.json", WITH_STATUS),
        ("credential.json", '"proofValue"', "credential.json", WITH_STATUS),
        ("status.json", '"encodedList"', "credential.json", WITH_STATUS),
        ("jwks.json", '"x"', "credential.json", WITH_STATUS),
    ):
        good = (tmp_path / name).read_bytes()
        (bad,) = changed(good, [good.index(mark.encode()) + len(mark) + 5])
        assert is_refused(tmp_path, name, bad, file, *options), name


def is_refused(folder: Path, name: str, bad: bytes, file: str, *options: str) -> bool:
    """Whether the verifier takes `file` no more when one of its files is changed. It is put back."""
    good = (folder / name).read_bytes()
    (folder / name).write_bytes(bad)
    said = offline(folder, file, *options)
    (folder / name).write_bytes(good)
    return said in ("INVALID", "UNREADABLE")
