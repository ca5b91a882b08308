"""Archives from strangers: what is refused, with which words, and that nothing is ever written elsewhere."""

import gzip
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.archive import tar
from catalog.archive.refusal import Refused
from catalog.archive.tar import unpack

Raw = Callable[..., bytes]


def entry(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return info, data


def refusal(archive: bytes, folder: Path) -> str:
    packed, target = folder / "packed", folder / "target"
    packed.write_bytes(archive)
    target.mkdir()
    with pytest.raises(Refused) as refused:
        unpack(packed, target)
    assert all(path.parent == target for path in target.rglob("*"))
    assert sorted(path.name for path in folder.iterdir()) == ["packed", "target"]
    return str(refused.value)


class TestUnpack:
    def test_files_lie_under_numbers(self, raw_archive: Raw, tmp_path: Path) -> None:
        packed, target = tmp_path / "packed", tmp_path / "target"
        packed.write_bytes(
            raw_archive(entry("./a/", kind=tarfile.DIRTYPE), entry("./a/b.txt", b"text"), entry("c", b""))
        )
        target.mkdir()
        tree = unpack(packed, target)
        assert {path: tree.content(path) for path in tree.files} == {"a/b.txt": b"text", "c": b""}
        assert sorted(path.name for path in target.iterdir()) == ["000000", "000001"]

    def test_long_and_unicode_names_are_read(self, tmp_path: Path) -> None:
        names = ["x" * 200 + "/é.txt", "日本" * 60]
        for number, kind in enumerate((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)):
            packed, target = tmp_path / f"packed{number}", tmp_path / f"target{number}"
            with tarfile.open(packed, "w:gz", format=kind) as archive:
                for name in names:
                    archive.addfile(tarfile.TarInfo(name))
            target.mkdir()
            assert sorted(unpack(packed, target).files) == sorted(names)

    @pytest.mark.parametrize(
        ("entries", "words"),
        [
            ([entry("../outside", b"x")], "lead out"),
            ([entry("a/../../outside", b"x")], "lead out"),
            ([entry("C:/windows", b"x")], "lead out"),
            ([entry("/etc/passwd", b"x")], "relative"),
            ([entry("a\\b", b"x")], "relative"),
            ([entry("a\nb", b"x")], "relative"),
            ([entry("a", kind=tarfile.SYMTYPE, link="/etc/passwd")], "symbolic link"),
            ([entry("a", kind=tarfile.LNKTYPE, link="b")], "hard link"),
            ([entry("a", kind=tarfile.CHRTYPE)], "device"),
            ([entry("a", kind=tarfile.BLKTYPE)], "device"),
            ([entry("a", kind=tarfile.FIFOTYPE)], "pipe"),
            ([entry("a", kind=tarfile.CONTTYPE)], "something else"),
            ([entry("a", b"1"), entry("./a", b"2")], "twice"),
            ([entry("a", b"1"), entry("a/b", b"2")], "twice"),
            ([entry("a/b", b"1"), entry("a", b"2")], "twice"),
            ([entry("", b"x")], "characters"),
        ],
    )
    def test_dangerous_entries_are_refused(
        self, entries: list[tuple[tarfile.TarInfo, bytes]], words: str, raw_archive: Raw, tmp_path: Path
    ) -> None:
        assert words in refusal(raw_archive(entry("good", b"x"), *entries), tmp_path)

    @pytest.mark.parametrize(
        ("damage", "words"),
        [
            (lambda _: b"", "cut off"),
            (lambda _: b"not an archive", "gzip"),
            (lambda _: b"PK\x03\x04" + bytes(100), "gzip"),
            (lambda good: good[: len(good) // 2], "cut off"),
            (lambda good: good[:-8] + bytes(8), "gzip"),
            (lambda _: gzip.compress(b"x" * 2000), "tar"),
            (lambda _: gzip.compress(b"x" * 100), "cut off"),
            (lambda good: gzip.compress(gzip.decompress(good)[:-1024]), "cut off"),
            (lambda good: gzip.compress(gzip.decompress(good)[:600]), "cut off"),
            (lambda good: gzip.compress(b"\xff\xfe" + gzip.decompress(good)[2:]), "tar"),
        ],
    )
    def test_broken_archives_are_refused(
        self, damage: Callable[[bytes], bytes], words: str, raw_archive: Raw, tmp_path: Path
    ) -> None:
        assert words in refusal(damage(raw_archive(entry("a", bytes(range(256)) * 8))), tmp_path)

    def test_names_that_are_not_utf8_are_refused(self, tmp_path: Path) -> None:
        info = tarfile.TarInfo("a\udcffb")
        block = info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
        assert "UTF-8" in refusal(gzip.compress(block + bytes(1024)), tmp_path)

    def test_bombs_are_refused_before_they_are_unpacked(
        self, raw_archive: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tar, "FREE_EXPANSION", 1_000_000)
        assert "grows more than 100 times" in refusal(raw_archive(entry("zeros", bytes(20_000_000))), tmp_path)
        assert sum(path.stat().st_size for path in (tmp_path / "target").iterdir()) < 3_000_000

    @pytest.mark.parametrize(
        ("limit", "value", "words"),
        [
            ("MOST_ENTRIES", 3, "more than 3 entries"),
            ("LARGEST_UNPACKED", 4_000, "4000 bytes when unpacked"),
            ("LARGEST_FILE", 50, "at most 50 are taken"),
            ("LONGEST_PATH", 3, "1 to 3 characters"),
            ("LARGEST_HEADER", 100, "too long"),
        ],
    )
    def test_what_is_too_large_is_refused(
        self, limit: str, value: int, words: str, raw_archive: Raw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tar, limit, value)
        archive = raw_archive(*(entry(f"file{number}", b"x" * 100) for number in range(5)), entry("n" * 300))
        assert words in refusal(archive, tmp_path)
