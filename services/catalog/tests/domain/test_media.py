"""What files are by their bytes, what resources take, and names of downloads: as tables, and for any bytes."""

import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.choices import ResourceType
from catalog.domain.media import (
    HEAD,
    LARGEST_FILE,
    LARGEST_VIDEO,
    LONGEST_NAME,
    UNKNOWN,
    check_kind,
    check_thumbnail,
    largest_of,
    mime_type_of,
    safe_name,
)

OFFICE = "application/vnd.openxmlformats-officedocument."
ODT = "application/vnd.oasis.opendocument.text"
TYPES: tuple[ResourceType, ...] = (
    "document",
    "video",
    "audio",
    "image",
    "code_sample",
    "template",
    "tool_software",
    "dataset",
)


def zipped(*names: str, mimetype: str | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if mimetype is not None:
            archive.writestr("mimetype", mimetype)
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.txt"))
    return out.getvalue()


def brand(name: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + name + bytes(12)


FILES = {
    "pdf": (b"%PDF-1.7\n\xe2\xe3\xcf\xd3", "application/pdf"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
    "gif": (b"GIF89a\1\0\1\0", "image/gif"),
    "old gif": (b"GIF87a\1\0\1\0", "image/gif"),
    "webp": (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
    "avif": (brand(b"avif"), "image/avif"),
    "heic": (brand(b"heic"), "image/heic"),
    "mp4": (brand(b"isom"), "video/mp4"),
    "mov": (brand(b"qt  "), "video/quicktime"),
    "m4a": (brand(b"M4A "), "audio/mp4"),
    "audio book": (brand(b"M4B "), "audio/mp4"),
    "webm": (b"\x1aE\xdf\xa3\x9f\x42\x82\x84webm", "video/webm"),
    "mkv": (b"\x1aE\xdf\xa3\xa3\x42\x82\x88matroska", "video/x-matroska"),
    "avi": (b"RIFF\x24\0\0\0AVI LIST", "video/x-msvideo"),
    "ogg video": (b"OggS" + bytes(24) + b"\x80theora", "video/ogg"),
    "ogg": (b"OggS" + bytes(24) + b"\x01vorbis", "audio/ogg"),
    "wav": (b"RIFF\x24\0\0\0WAVEfmt ", "audio/wav"),
    "flac": (b"fLaC\0\0\0\x22", "audio/flac"),
    "mp3 with a tag": (b"ID3\4\0\0\0\0\0\0", "audio/mpeg"),
    "mp3": (b"\xff\xfb\x90\x64\0", "audio/mpeg"),
    "aac": (b"\xff\xf1\x50\x80\0", "audio/aac"),
    "zip": (zipped("a.txt"), "application/zip"),
    "word": (zipped("[Content_Types].xml", "word/document.xml"), OFFICE + "wordprocessingml.document"),
    "excel": (zipped("[Content_Types].xml", "xl/workbook.xml"), OFFICE + "spreadsheetml.sheet"),
    "powerpoint": (zipped("_rels/.rels", "ppt/presentation.xml"), OFFICE + "presentationml.presentation"),
    "zip with a folder of words": (zipped("word/list.txt"), "application/zip"),
    "epub": (zipped("a", mimetype="application/epub+zip"), "application/epub+zip"),
    "odt": (zipped("a", mimetype=ODT), ODT),
    "zip that says it is a page": (zipped("a", mimetype="text/html"), "application/zip"),
    "tar": (tarred(), "application/x-tar"),
    "gzip": (b"\x1f\x8b\x08\0", "application/gzip"),
    "bzip2": (b"BZh91AY&SY", "application/x-bzip2"),
    "xz": (b"\xfd7zXZ\0\0\4", "application/x-xz"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "application/x-7z-compressed"),
    "rar": (b"Rar!\x1a\x07\1\0", "application/vnd.rar"),
    "old word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    "rtf": (b"{\\rtf1\\ansi", "application/rtf"),
    "windows program": (b"MZ\x90\0", "application/vnd.microsoft.portable-executable"),
    "linux program": (b"\x7fELF\2\1\1", "application/x-elf"),
    "sqlite": (b"SQLite format 3\0\x10\0", "application/vnd.sqlite3"),
    "parquet": (b"PAR1\x15\0", "application/vnd.apache.parquet"),
    "text": ("Größe".encode(), "text/plain"),
    "text cut through a character": ("ab€".encode()[:-1], "text/plain"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain"),
    "latin text": ("Größe und mehr".encode("latin-1"), UNKNOWN),
    "bytes": (bytes(range(256)), UNKNOWN),
    "zeros": (bytes(100), UNKNOWN),
    "nothing": (b"", "text/plain"),
}
EXECUTABLE = ("application/vnd.microsoft.portable-executable", "application/x-elf")


class TestKinds:
    @pytest.mark.parametrize("name", FILES)
    def test_by_bytes(self, name: str) -> None:
        head, kind = FILES[name]
        assert mime_type_of(head[:HEAD], "file") == kind

    @pytest.mark.parametrize("name", [name for name, (_, kind) in FILES.items() if kind != "text/plain"])
    def test_whatever_the_file_is_called(self, name: str) -> None:
        head, kind = FILES[name]
        for called in ("a.txt", "a.html", "a.mp4", "a.pdf", "a.svg", "..", "\0"):
            assert mime_type_of(head[:HEAD], called) == kind

    @pytest.mark.parametrize(
        ("called", "kind"),
        [
            ("a.csv", "text/csv"),
            ("a.MD", "text/markdown"),
            ("a.b.json", "application/json"),
            ("a.ipynb", "application/x-ipynb+json"),
            ("a.htm", "text/html"),
            ("a.svg", "image/svg+xml"),
            ("a.vtt", "text/vtt"),
            ("a.pdf", "text/plain"),
            ("a.mp4", "text/plain"),
            ("csv", "text/csv"),
            ("", "text/plain"),
        ],
    )
    def test_of_text_by_its_name(self, called: str, kind: str) -> None:
        assert mime_type_of(b"some text", called) == kind

    @given(st.binary(max_size=300), st.text(max_size=20))
    def test_any_bytes_have_one(self, head: bytes, called: str) -> None:
        kind = mime_type_of(head, called)
        assert kind.isascii()
        assert 0 < len(kind) <= 120
        assert kind.count("/") == 1

    @given(st.sampled_from(sorted(FILES)), st.binary(max_size=200))
    def test_a_beginning_decides_whatever_follows(self, name: str, rest: bytes) -> None:
        head, kind = FILES[name]
        if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8", b"MZ", b"\x7fELF", b"GIF8", b"fLaC", b"\x1f\x8b")):
            assert mime_type_of(head + rest, "a.txt") == kind


TAKEN: dict[str, tuple[ResourceType, ...]] = {
    "application/pdf": ("document", "template"),
    "application/zip": ("document", "code_sample", "template"),
    "application/gzip": ("code_sample", "template"),
    "application/json": ("document", "code_sample", "template"),
    "application/x-ipynb+json": ("code_sample",),
    OFFICE + "wordprocessingml.document": ("document", "template"),
    "application/epub+zip": ("document", "template"),
    "text/plain": ("document", "code_sample", "template"),
    "text/html": ("document", "code_sample", "template"),
    "image/png": ("image", "template"),
    "image/jpeg": ("image", "template"),
    "image/gif": ("image", "template"),
    "image/webp": ("image", "template"),
    "image/svg+xml": ("template",),
    "image/heic": ("template",),
    "video/mp4": ("video",),
    "video/webm": ("video",),
    "audio/mpeg": ("audio",),
    "audio/wav": ("audio",),
    **dict.fromkeys((*EXECUTABLE, "application/vnd.sqlite3", UNKNOWN), ()),
}


class TestWhatResourcesTake:
    @pytest.mark.parametrize("kind", TYPES)
    @pytest.mark.parametrize("mime_type", TAKEN)
    def test_files(self, mime_type: str, kind: ResourceType) -> None:
        if kind in (*TAKEN[mime_type], "tool_software", "dataset"):
            check_kind(kind, mime_type)
            return
        with pytest.raises(ValueError, match=f"^A resource of type '{kind}' must be ") as refused:
            check_kind(kind, mime_type)
        shown = "of a kind we do not know" if mime_type == UNKNOWN else mime_type
        assert str(refused.value).endswith(f"this file is {shown}.")

    @pytest.mark.parametrize("kind", TYPES)
    def test_only_videos_may_be_large(self, kind: ResourceType) -> None:
        assert largest_of(kind) == (LARGEST_VIDEO if kind == "video" else LARGEST_FILE)

    @pytest.mark.parametrize("mime_type", TAKEN)
    def test_thumbnails(self, mime_type: str) -> None:
        if mime_type in ("image/png", "image/jpeg", "image/webp"):
            check_thumbnail(mime_type)
        else:
            with pytest.raises(ValueError, match="must be a JPEG, PNG or WebP"):
                check_thumbnail(mime_type)


class TestNames:
    @pytest.mark.parametrize(
        ("sent", "name"),
        [
            ("notes.pdf", "notes.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\notes.pdf", "notes.pdf"),
            ("/", "file"),
            ("..", "file"),
            ("", "file"),
            (" . ", "file"),
            ('a"b<c>d|e:f*g?.txt', "abcdefg.txt"),
            ("a%22b.txt", "ab.txt"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie x.txt"),
            ("a\0b\x7f.txt", "ab.txt"),
            ("a\ud800b.txt", "ab.txt"),
            ("Übung 1.pdf", "Übung 1.pdf"),
            (".gitignore", "gitignore"),
            ("archive.tar.gz", "archive.tar.gz"),
            ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
            ("x" * 300, "x" * 255),
            ("a." + "x" * 300, "a." + "x" * 253),
        ],
    )
    def test_examples(self, sent: str, name: str) -> None:
        assert safe_name(sent) == name

    @given(st.text(st.characters(), max_size=400))
    def test_are_always_one_harmless_name(self, sent: str) -> None:
        name = safe_name(sent)
        assert 0 < len(name) <= LONGEST_NAME
        assert not set(name) & set('/\\"<>|:*?\0\r\n')
        assert name.strip(".")
        name.encode()
