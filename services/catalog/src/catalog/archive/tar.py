"""Unpacking: a gzipped tar onto disk, under names of our own.

Only plain files and folders are taken. No path from the archive ever touches the disk: the files are numbered, and
`Tree` knows which path is which number.
"""

import gzip
import tarfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from catalog.archive.limits import (
    FREE_EXPANSION,
    LARGEST_FILE,
    LARGEST_HEADER,
    LARGEST_TEXT,
    LARGEST_UNPACKED,
    LONGEST_PATH,
    MOST_ENTRIES,
    MOST_EXPANSION,
)
from catalog.archive.refusal import Refused

BLOCK = 512
_CHUNK = 64 * 1024
_LONG_NAME, _EXTENDED, _GLOBAL = b"L", b"x", b"g"
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE)
_KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


@dataclass(frozen=True)
class Entry:
    """A file of the archive: where it lies on disk, and its size."""

    path: Path
    size: int


@dataclass
class Tree:
    """The files of an archive by their path in it."""

    files: dict[str, Entry] = field(default_factory=dict)

    def text(self, place: str, encoding: str = "utf-8-sig") -> str:
        """A text file. Raises Refused when it is not there, too large or not UTF-8."""
        try:
            return self.content(place).decode(encoding)
        except UnicodeDecodeError:
            raise Refused("This file is not UTF-8.", place) from None

    def content(self, place: str) -> bytes:
        """Raises Refused when it is not there or too large for what is read whole."""
        entry = self.files.get(place)
        if entry is None:
            raise Refused("This file is missing.", place)
        if entry.size > LARGEST_TEXT:
            raise Refused(f"This file has {entry.size} bytes; at most {LARGEST_TEXT} are read.", place)
        return entry.path.read_bytes()

    def below(self, folder: str) -> "Tree":
        """What lies in a folder, by paths from there."""
        start = f"{folder}/" if folder else ""
        return Tree({path.removeprefix(start): at for path, at in self.files.items() if path.startswith(start)})


def unpack(archive: Path, folder: Path) -> Tree:
    """Raises Refused for what is broken, not allowed or too large; what was written stays in `folder`."""
    with archive.open("rb") as packed:
        try:
            return _Unpacking(packed, folder).run()
        except (gzip.BadGzipFile, zlib.error):
            raise Refused("This is not a sound gzip file; a .tar.gz is expected.") from None
        except EOFError:
            raise Refused("The archive ends too early; it was cut off.") from None


class _Unpacking:
    def __init__(self, packed: BinaryIO, folder: Path) -> None:
        self._packed, self._folder = packed, folder
        self._stream = gzip.GzipFile(fileobj=packed, mode="rb")
        self._unpacked = 0
        self._tree = Tree()
        self._folders: set[str] = set()

    def run(self) -> Tree:
        entries = 0
        extended: dict[str, str] = {}
        while (block := self._read(BLOCK)) != bytes(BLOCK):
            entries += 1
            if entries > MOST_ENTRIES:
                raise Refused(f"The archive has more than {MOST_ENTRIES} entries.")
            header = _header(block)
            if header.type in (_LONG_NAME, _EXTENDED, _GLOBAL):
                records = self._records(header)
                extended |= records if header.type != _GLOBAL else {}
                continue
            self._entry(header, extended)
            extended = {}
        self._drain()
        return self._tree

    def _entry(self, header: tarfile.TarInfo, extended: dict[str, str]) -> None:
        given = extended.get("path", header.name)
        if "size" in extended and extended["size"] != str(header.size):
            raise Refused("The archive tells two sizes for one file.", _shown(given))
        if header.type == tarfile.DIRTYPE:
            if path := _safe(given, may_be_root=True):
                self._note_folder(path)
            return
        if header.type not in _FILES or "linkpath" in extended or any(key.startswith("GNU.sparse") for key in extended):
            what = _KINDS.get(header.type, "something else")
            raise Refused(f"Only files and folders are taken; this is {what}.", _shown(given))
        self._file(_safe(given), header.size)

    def _file(self, path: str, size: int) -> None:
        if path in self._tree.files or path in self._folders:
            raise Refused("The archive has this path twice.", path)
        if size > LARGEST_FILE:
            raise Refused(f"This file has {size} bytes; at most {LARGEST_FILE} are taken.", path)
        self._note_folder(path.rpartition("/")[0])
        at = self._folder / f"{len(self._tree.files):06}"
        with at.open("xb") as out:
            left = size
            while left:
                chunk = self._read(min(left, _CHUNK))
                out.write(chunk)
                left -= len(chunk)
        self._read(-size % BLOCK)
        self._tree.files[path] = Entry(at, size)

    def _note_folder(self, path: str) -> None:
        while path and path not in self._folders:
            if path in self._tree.files:
                raise Refused("The archive has this path twice: as a file and as a folder.", path)
            self._folders.add(path)
            path = path.rpartition("/")[0]

    def _records(self, header: tarfile.TarInfo) -> dict[str, str]:
        """What stands in front of an entry whose name does not fit its header."""
        if header.size > LARGEST_HEADER:
            raise Refused("The archive has a name that is too long.")
        content = self._read(header.size)
        self._read(-header.size % BLOCK)
        try:
            if header.type == _LONG_NAME:
                return {"path": content.rstrip(b"\0").decode()}
            return _extended(content)
        except ValueError:
            raise Refused("The archive has a name that cannot be read; names must be UTF-8.") from None

    def _drain(self) -> None:
        """To the end of the stream, so that its checksum is verified."""
        while chunk := self._stream.read(_CHUNK):
            self._count(len(chunk))

    def _read(self, size: int) -> bytes:
        """Exactly so many bytes."""
        parts, left = [], size
        while left:
            part = self._stream.read(left)
            if not part:
                raise EOFError
            parts.append(part)
            left -= len(part)
        self._count(size)
        return b"".join(parts)

    def _count(self, size: int) -> None:
        self._unpacked += size
        if self._unpacked > LARGEST_UNPACKED:
            raise Refused(f"The archive has more than {LARGEST_UNPACKED} bytes when unpacked.")
        if self._unpacked > FREE_EXPANSION and self._unpacked > MOST_EXPANSION * self._packed.tell():
            raise Refused(f"The archive grows more than {MOST_EXPANSION} times when unpacked.")


def _header(block: bytes) -> tarfile.TarInfo:
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")  # a name that is cut off is told before
    except tarfile.HeaderError:
        raise Refused("This is not a sound tar archive.") from None
    if header.size < 0:
        raise Refused("This is not a sound tar archive.")
    return header


def _extended(content: bytes) -> dict[str, str]:
    """PAX records: `length key=value\\n`, one after the other. Raises ValueError."""
    records = {}
    while content.rstrip(b"\0"):
        length, _, _ = content.partition(b" ")
        if not (length.isdigit() and len(length) < 8 and len(length) + 2 < int(length) <= len(content)):
            raise ValueError
        record, content = content[len(length) + 1 : int(length)], content[int(length) :]
        key, equals, value = record.partition(b"=")
        if not equals or not value.endswith(b"\n"):
            raise ValueError
        if key in (b"path", b"linkpath", b"size") or key.startswith(b"GNU.sparse"):
            records[key.decode()] = value[:-1].decode()
    return records


def _safe(given: str, *, may_be_root: bool = False) -> str:
    """A path below the archive's root, without `.` steps. Raises Refused for one that leads or could lead elsewhere."""
    if any("\ud800" <= char <= "\udfff" for char in given):
        raise Refused("The archive has a name that is not UTF-8.")
    if given.startswith("/") or "\\" in given or any(char < " " or char == "\x7f" for char in given):
        raise Refused("Paths must be relative, with / between folders and no control characters.", _shown(given))
    steps = [step for step in given.split("/") if step not in ("", ".")]
    if ".." in steps or ":" in (steps or [""])[0][:2]:
        raise Refused("Paths must not lead out of the archive.", _shown(given))
    path = "/".join(steps)
    if len(path) > LONGEST_PATH or (not path and not may_be_root):
        raise Refused(f"A path must have 1 to {LONGEST_PATH} characters.", _shown(given))
    return path


def _shown(path: str) -> str:
    return path if len(path) <= 100 else f"{path[:99]}…"
