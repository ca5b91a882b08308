import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from certificate.anchoring import FileAnchor, anchor, anchor_if_told
from certificate.domain.merkle import is_consistent
from certificate.issuer import issuer
from certificate.settings import process_settings
from shared.testing import ServiceUnderTest


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def test_each_growth_is_kept_once(certificate: ServiceUnderTest, issue: Any, tmp_path: Path) -> None:
    place, path = FileAnchor(tmp_path / "checkpoints"), tmp_path / "checkpoints"
    await anchor(certificate.database, place)
    assert lines(path) == []
    await issue(7)
    assert sorted(await asyncio.gather(*(anchor(certificate.database, place) for _ in range(4)))) == [False] * 3 + [
        True
    ]
    await issue(8, 9)
    await anchor(certificate.database, place)
    first, second = lines(path)
    assert (first["tree_size"], second["tree_size"]) == (1, 3)
    for each in (first, second):
        signature = each.pop("signature")
        assert issuer().key.public.verify(rfc8785.dumps(each), signature)
    url = "/api/certificates/log/consistency/"
    proof = (await certificate.client().get(url, params={"first": 1, "second": 3})).json()
    hashes = [bytes.fromhex(each) for each in proof["hashes"]]
    roots = [bytes.fromhex(each["root_hash"]) for each in (first, second)]
    assert is_consistent(1, 3, hashes, *roots)


async def test_a_line_that_was_cut_off_is_left_and_followed(
    certificate: ServiceUnderTest, issue: Any, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoints"
    path.write_bytes(b'{"tree_size": 0}\n{"tree_si')
    await issue(7)
    assert await anchor(certificate.database, FileAnchor(path))
    assert json.loads(path.read_text().splitlines()[-1])["tree_size"] == 1
    assert not await anchor(certificate.database, FileAnchor(path))


async def test_it_is_off_unless_a_file_is_named(
    certificate: ServiceUnderTest, issue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await issue(7)
    await anchor_if_told(certificate.database)
    monkeypatch.setenv("SYLLABUS_ANCHOR_FILE", str(tmp_path / "checkpoints"))
    process_settings.cache_clear()
    await anchor_if_told(certificate.database)
    process_settings.cache_clear()
    assert len(lines(tmp_path / "checkpoints")) == 1
