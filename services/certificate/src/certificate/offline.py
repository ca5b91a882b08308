"""Verify a certificate without network, database or account. This file needs only `cryptography` and `rfc8785`.

    python offline.py FILE --keys jwks.json [--proof proof.json --checkpoint checkpoint.json] [--status status.json]

FILE is the PDF, the record (JSON) that it carries, or the credential. Prints what was checked, VALID or INVALID; the
exit code is 0 when valid, 1 when not, 2 when something could not be read. See docs/verify.md.
"""

import argparse
import base64
import gzip
import hashlib
import json
import re
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FACTS = frozenset({
    "certificate_number", "course_id", "course_title", "user_id", "student_name", "instructor_name",
    "completion_date", "issued_at", "template_version",
})  # fmt: skip
LARGEST = 20 * 1024 * 1024
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

Json = dict[str, Any]


class Unreadable(Exception):
    """A file is not what it should be."""


class Report:
    """What was checked, and how it ended."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.failed = False

    def check(self, what: str, holds: bool) -> bool:
        self.lines.append(("ok" if holds else "FAILED", what))
        self.failed |= not holds
        return holds

    def skip(self, what: str) -> None:
        self.lines.append(("not checked", what))

    def text(self) -> str:
        lines = [f"  {outcome:<12}{what}" for outcome, what in self.lines]
        return "\n".join([*lines, "INVALID" if self.failed else "VALID"])


class Keys:
    """Public keys by their RFC 7638 thumbprint."""

    def __init__(self, jwks: Json) -> None:
        self._keys: dict[str, Ed25519PublicKey] = {}
        for key in jwks.get("keys", ()):
            if key.get("kty") == "OKP" and key.get("crv") == "Ed25519":
                members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": key["x"]}, separators=(",", ":"))
                name = base64.urlsafe_b64encode(hashlib.sha256(members.encode()).digest()).decode().rstrip("=")
                self._keys[name] = Ed25519PublicKey.from_public_bytes(_base64url(key["x"]))

    def have(self, kid: str) -> bool:
        return kid in self._keys

    def verify(self, kid: str, signature: bytes, data: bytes) -> bool:
        return self.have(kid) and _is_signed(self._keys[kid], signature, data)

    def find(self, raw: bytes) -> bool:
        return any(key.public_bytes_raw() == raw for key in self._keys.values())


# --- the record in a PDF -----------------------------------------------------------------------------------------


def check_record(record: Json, keys: Keys, report: Report) -> str:
    """Hash and signature of the nine facts. Returns the hash computed anew."""
    attested = record.get("attested")
    if not isinstance(attested, dict) or attested.keys() != FACTS:
        raise Unreadable("the record does not have the nine facts of a certificate")
    data = rfc8785.dumps(attested)
    digest = hashlib.sha256(data).hexdigest()
    report.check("hash: the facts are those that were hashed", digest == record.get("verification_hash"))
    kid = str(record.get("key_id"))
    if report.check(f"key: {kid} is one of the given keys", keys.have(kid)):
        report.check(
            "signature: Ed25519 over the facts", keys.verify(kid, _base64url(str(record.get("signature"))), data)
        )
    return digest


def find_record(pdf: bytes) -> Json:
    """What the lines before `startxref` say that carry the record."""
    lines = re.findall(rb"\n%SyllabusRecord ([A-Za-z0-9_-]+)(?=\n)", pdf)
    if not lines:
        raise Unreadable("this PDF carries no record: it was scanned, printed or saved anew, or is no certificate")
    return _object(_base64url(b"".join(lines).decode()), "the record")


def check_seal(pdf: bytes, keys: Keys, report: Report) -> None:
    """The line before `startxref` that signs all other bytes of the file."""
    seal = re.search(rb"%SyllabusSeal ([A-Za-z0-9_-]{43}) ([A-Za-z0-9_-]{86})\n(?=startxref\b)", pdf)
    holds = False
    if seal is not None:
        data = b"syllabus-pdf\0" + hashlib.sha256(pdf[: seal.start()] + pdf[seal.end() :]).digest()
        holds = keys.verify(seal.group(1).decode(), _base64url(seal.group(2).decode()), data)
    report.check("file: sealed by one of the given keys, and no byte changed since", holds)


# --- the credential ----------------------------------------------------------------------------------------------


def check_credential(document: Json, keys: Keys, report: Report) -> None:
    """The proof (eddsa-jcs-2022) of an Open Badges 3.0 credential, or of a status list."""
    proof = document.get("proof")
    if isinstance(proof, list) and len(proof) == 1:
        [proof] = proof
    if not isinstance(proof, dict):
        raise Unreadable("the credential has no proof")
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    report.check("proof: a DataIntegrityProof of eddsa-jcs-2022", proof.get("cryptosuite") == "eddsa-jcs-2022")
    method = str(proof.get("verificationMethod"))
    issuer = document.get("issuer")
    issuer_id = issuer.get("id") if isinstance(issuer, dict) else issuer
    report.check("issuer: signs for itself", method.partition("#")[0] == issuer_id)
    raw = _base58(_after("z", method.partition("#")[2]))
    if not report.check("key: the method is one of the given keys", raw[:2] == b"\xed\x01" and keys.find(raw[2:])):
        return
    data = hashlib.sha256(rfc8785.dumps(options)).digest() + hashlib.sha256(rfc8785.dumps(unsigned)).digest()
    signature = _base58(_after("z", str(proof.get("proofValue"))))
    key = Ed25519PublicKey.from_public_bytes(raw[2:])
    report.check("signature: Ed25519 over the credential", _is_signed(key, signature, data))


def check_status(document: Json, status: Json, keys: Keys, report: Report) -> None:
    """That a status list, itself signed, does not revoke the credential."""
    entry = document.get("credentialStatus") or {}
    report.check("status list: is the credential's own", status.get("id") == entry.get("statusListCredential"))
    check_credential(status, keys, report)
    packed = str(status.get("credentialSubject", {}).get("encodedList"))
    bits = gzip.decompress(_base64url(_after("u", packed)))
    index = int(entry["statusListIndex"])
    report.check("status: not revoked", not bits[index // 8] & 0x80 >> index % 8)


# --- the public log ----------------------------------------------------------------------------------------------


def check_log(proof: Json, checkpoint: Json | None, number: str, digest: str, keys: Keys, report: Report) -> None:
    """That an inclusion proof is about this certificate and leads to the root; and the root is that of a checkpoint."""
    leaf = base64.b64decode(str(proof["leaf_input"]), validate=True)
    said = json.loads(leaf)
    about = (said.get("kind"), said.get("certificate_number"), said.get("verification_hash"))
    report.check("log: the entry is the issue of this certificate", about == ("issue", number, digest))
    report.check("log: the entry has its hash", proof["leaf_hash"] == hashlib.sha256(b"\0" + leaf).hexdigest())
    path = [bytes.fromhex(each) for each in proof["audit_path"]]
    root = bytes.fromhex(proof["root_hash"])
    index, size = int(proof["leaf_index"]), int(proof["tree_size"])
    report.check("log: the entry is in the tree", _is_included(leaf, index, size, path, root))
    if checkpoint is None:
        report.skip("log: whether that tree is the public one (give --checkpoint)")
        return
    signed = {name: value for name, value in checkpoint.items() if name != "signature"}
    signature = _base64url(str(checkpoint.get("signature")))
    report.check(
        "log: the checkpoint is signed", keys.verify(str(checkpoint.get("key_id")), signature, rfc8785.dumps(signed))
    )
    same = (checkpoint.get("tree_size"), checkpoint.get("root_hash")) == (size, root.hex())
    report.check("log: the tree is that of the checkpoint", same)


def _is_included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    at, last, digest = index, size - 1, hashlib.sha256(b"\0" + leaf).digest()
    for sibling in path:
        if last == 0:
            return False
        if at % 2 or at == last:
            digest = hashlib.sha256(b"\1" + sibling + digest).digest()
            while at % 2 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            digest = hashlib.sha256(b"\1" + digest + sibling).digest()
        at, last = at >> 1, last >> 1
    return last == 0 and digest == root


# --- small things ------------------------------------------------------------------------------------------------


def _is_signed(key: Ed25519PublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _base64url(text: str) -> bytes:
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(data).decode().rstrip("=") != text:
        raise Unreadable("a text is not base64url")
    return data


def _after(prefix: str, text: str) -> str:
    """A multibase text without the letter that names its base."""
    if not text.startswith(prefix):
        raise Unreadable(f"a text does not begin with {prefix}")
    return text[1:]


def _base58(text: str) -> bytes:
    number = 0
    for digit in text:
        at = _ALPHABET.find(digit)
        if at < 0:
            raise Unreadable("a text is not base58")
        number = number * 58 + at
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def _read(path: str) -> bytes:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    if len(data) > LARGEST:
        raise Unreadable(f"{path}: larger than {LARGEST} bytes")
    return data


def _read_json(path: str) -> Json:
    return _object(_read(path), path)


def _object(data: bytes, path: str) -> Json:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: not JSON") from error
    if not isinstance(document, dict):
        raise Unreadable(f"{path}: not a JSON object")
    return document


def verify(arguments: argparse.Namespace) -> Report:
    """Check everything that was given. Raises Unreadable."""
    report, keys = Report(), Keys(_read_json(arguments.keys))
    data = _read(arguments.file)
    if data.startswith(b"%PDF-"):
        document = find_record(data)
        check_seal(data, keys, report)
    else:
        document = _object(data, arguments.file)
    proof = _read_json(arguments.proof) if arguments.proof else None
    checkpoint = _read_json(arguments.checkpoint) if arguments.checkpoint else None
    if "attested" in document:
        digest = check_record(document, keys, report)
        number = str(document["attested"]["certificate_number"])
        if proof is None:
            report.skip("log: whether the public log has it (give --proof)")
        else:
            check_log(proof, checkpoint, number, digest, keys, report)
        report.skip("status: a record cannot tell whether it was revoked since; the credential with --status can")
        return report
    check_credential(document, keys, report)
    if arguments.status:
        check_status(document, _read_json(arguments.status), keys, report)
    else:
        report.skip("status: whether it was revoked since (give --status)")
    return report


def main(argv: Sequence[str] | None = None, write: Callable[[str], object] = sys.stdout.write) -> int:
    """The command line. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="verify", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", help="the PDF, its record, or the credential")
    parser.add_argument("--keys", required=True, help="the issuer's JWKS: /api/certificates/keys/")
    parser.add_argument("--proof", help="of /api/certificates/log/proof/")
    parser.add_argument("--checkpoint", help="of /api/certificates/log/, of the proof's size")
    parser.add_argument("--status", help="the status list that the credential names")
    try:
        report = verify(parser.parse_args(argv))
    except Unreadable as error:
        write(f"UNREADABLE: {error}\n")
        return 2
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OSError, EOFError, zlib.error) as error:
        write(f"UNREADABLE: a file is not of the right form ({type(error).__name__})\n")
        return 2
    write(report.text() + "\n")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
