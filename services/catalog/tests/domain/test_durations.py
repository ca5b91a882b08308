"""Durations by the headers of small real files of each kind, of cut ones, and of files that lie."""

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.durations import MOST_STEPS, duration_minutes

LARGEST_READ = 65_536


class Counted:
    """`read` of some bytes, perhaps in a file said to be larger; counts how much it is asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reads = 0
        self.largest = 0

    def __call__(self, offset: int, size: int) -> bytes:
        assert offset >= 0
        assert size >= 0
        self.reads += 1
        self.largest = max(self.largest, size)
        return self.data[offset : offset + size]


def minutes(mime_type: str, data: bytes, size: int | None = None) -> int | None:
    return duration_minutes(mime_type, len(data) if size is None else size, Counted(data))


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def large_box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(body)) + body


def mvhd(seconds: int, scale: int = 1000) -> bytes:
    return box(b"mvhd", bytes(12) + struct.pack(">II", scale, seconds * scale) + bytes(80))


def long_mvhd(seconds: int) -> bytes:
    return box(b"mvhd", b"\1" + bytes(19) + struct.pack(">IQ", 600, seconds * 600) + bytes(80))


FTYP = box(b"ftyp", b"isom\0\0\0\0mp42")


def vint(value: int, width: int = 1) -> bytes:
    return (value | 1 << 7 * width).to_bytes(width)


def element(name: int, body: bytes, width: int = 1) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8) + vint(len(body), width) + body


EBML = element(0x1A45DFA3, element(0x4282, b"webm"))
UNKNOWN_LENGTH = b"\x01\xff\xff\xff\xff\xff\xff\xff"


def matroska(*info: bytes, before: bytes = b"") -> bytes:
    segment = before + element(0x1549A966, b"".join(info), width=2)
    return EBML + element(0x18538067, segment, width=8)


def streamed_matroska(*info: bytes) -> bytes:
    return EBML + b"\x18\x53\x80\x67" + UNKNOWN_LENGTH + element(0x1549A966, b"".join(info))


def lasts(seconds: float, scale: int = 1_000_000, kind: str = ">d") -> tuple[bytes, bytes]:
    duration = struct.pack(kind, seconds * 1e9 / scale)
    return element(0x2AD7B1, scale.to_bytes(4)), element(0x4489, duration)


def page(position: int, body: bytes, serial: int = 7) -> bytes:
    return b"OggS\0\0" + struct.pack("<qII", position, serial, 0) + bytes(4) + b"\1" + bytes([len(body)]) + body


def vorbis(rate: int) -> bytes:
    return b"\x01vorbis" + bytes(4) + b"\2" + struct.pack("<I", rate) + bytes(14)


OPUS = b"OpusHead\1\2" + bytes(9)


def flac_info(seconds: int, rate: int = 44_100) -> bytes:
    return bytes(10) + (rate << 44 | 1 << 41 | 15 << 36 | seconds * rate).to_bytes(8) + bytes(16)


def flac(seconds: int) -> bytes:
    return b"fLaC\x80\0\0\x22" + flac_info(seconds)


OGG_FLAC = b"\x7fFLAC\1\0\0\1fLaC\0\0\0\x22" + flac_info(0, 48_000)


def wav(seconds: int, rate: int = 16_000, before: bytes = b"", stated: int | None = None) -> bytes:
    body = bytes(rate * seconds)
    length = len(body) if stated is None else stated
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate, 1, 8)
    return b"RIFF\0\0\0\0WAVE" + before + fmt + b"data" + struct.pack("<I", length) + body


FRAME = b"\xff\xfb\x90\x00"
"""MPEG 1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes."""


def mp3(seconds: int) -> bytes:
    return (FRAME + bytes(413)) * round(seconds * 128_000 / 8 / 417)


def counted_mp3(frames: int, mark: bytes = b"Xing") -> bytes:
    return FRAME + bytes(32) + mark + struct.pack(">II", 1, frames) + bytes(400)


def vbri(frames: int) -> bytes:
    return FRAME + bytes(32) + b"VBRI" + bytes(10) + struct.pack(">I", frames) + bytes(400)


def id3(size: int) -> bytes:
    return b"ID3\4\0\0" + bytes(size >> 7 * shift & 0x7F for shift in (3, 2, 1, 0)) + b"\xff\xfb" * (size // 2)


FILES = {
    "mp4": ("video/mp4", FTYP + box(b"moov", mvhd(150)), 3),
    "mp4, index last": ("video/mp4", FTYP + box(b"mdat", bytes(5000)) + box(b"moov", mvhd(60)), 1),
    "mp4, 64-bit lengths": ("video/mp4", FTYP + large_box(b"mdat", bytes(99)) + large_box(b"moov", mvhd(61)), 2),
    "mp4, second version": ("video/mp4", FTYP + box(b"moov", box(b"free", bytes(9)) + long_mvhd(3600)), 60),
    "mp4, box to the end": ("video/mp4", FTYP + b"\0\0\0\0moov" + mvhd(30), 1),
    "mov": ("video/quicktime", box(b"moov", mvhd(120, 600)), 2),
    "m4a": ("audio/mp4", FTYP + box(b"moov", mvhd(121)), 3),
    "webm": ("video/webm", matroska(*lasts(150)), 3),
    "webm, short float": ("video/webm", matroska(*lasts(61, kind=">f")), 2),
    "webm, as it is recorded": ("video/webm", streamed_matroska(*lasts(90)), 2),
    "webm, usual scale unsaid": ("video/webm", matroska(element(0x4489, struct.pack(">d", 60_000))), 1),
    "mkv, other scale": ("video/x-matroska", matroska(*lasts(7200, scale=100_000)), 120),
    "mkv, things before": ("video/x-matroska", matroska(*lasts(59), before=element(0xEC, bytes(99))), 1),
    "ogg vorbis": ("audio/ogg", page(0, vorbis(44_100)) + page(44_100 * 90, b"x"), 2),
    "ogg opus": ("audio/ogg", page(0, OPUS) + page(48_000, b"y") + page(48_000 * 61, b"x"), 2),
    "ogg flac": ("audio/ogg", page(0, OGG_FLAC) + page(48_000 * 60, b"x"), 1),
    "ogg, other stream last": ("audio/ogg", page(0, OPUS) + page(48_000 * 61, b"x") + page(9**9, b"x", serial=8), 2),
    "flac": ("audio/flac", flac(200), 4),
    "wav": ("audio/wav", wav(3), 1),
    "wav, odd chunk before": ("audio/wav", wav(61, 100, before=b"LIST\3\0\0\0abc\0"), 2),
    "wav, length never filled in": ("audio/wav", wav(61, 100, stated=0xFFFF_FFFF), 2),
    "mp3": ("audio/mpeg", mp3(90), 2),
    "mp3, tagged": ("audio/mpeg", id3(3000) + mp3(59), 1),
    "mp3, counted": ("audio/mpeg", counted_mp3(round(125 * 44_100 / 1152)), 3),
    "mp3, counted and constant": ("audio/mpeg", counted_mp3(round(59 * 44_100 / 1152), b"Info"), 1),
    "mp3, counted by another": ("audio/mpeg", vbri(round(125 * 44_100 / 1152)), 3),
    "mp3, second version": ("audio/mpeg", b"\xff\xf3\x80\x00" + bytes(64_000 * 61 // 8), 2),
}


@pytest.mark.parametrize("name", FILES)
class TestFiles:
    def test_minutes_rounded_up(self, name: str) -> None:
        mime_type, data, expected = FILES[name]
        assert minutes(mime_type, data) == expected

    def test_cut_anywhere_it_is_never_an_error_and_never_longer(self, name: str) -> None:
        mime_type, data, expected = FILES[name]
        cuts = range(len(data)) if len(data) < 2000 else (*range(300), *range(300, len(data), len(data) // 50))
        for cut in cuts:
            assert (minutes(mime_type, data[:cut]) or 0) <= expected, cut

    def test_takes_few_small_reads(self, name: str) -> None:
        mime_type, data, _ = FILES[name]
        read = Counted(data)
        duration_minutes(mime_type, len(data), read)
        assert read.reads <= 20
        assert read.largest <= LARGEST_READ


class TestOtherFiles:
    @pytest.mark.parametrize("mime_type", ["application/pdf", "video/x-msvideo", "audio/aac", "text/plain", ""])
    def test_of_kinds_that_do_not_tell(self, mime_type: str) -> None:
        assert minutes(mime_type, bytes(1000)) is None

    @pytest.mark.parametrize("mime_type", sorted({kind for kind, _, _ in FILES.values()}))
    @pytest.mark.parametrize("data", [b"", b"\0", bytes(1000), b"\xff" * 1000, b"\x1a\x45\xdf\xa3" * 100])
    def test_of_nonsense(self, mime_type: str, data: bytes) -> None:
        assert minutes(mime_type, data) is None


LIES = {
    "mp4, no time in it": ("video/mp4", FTYP + box(b"moov", mvhd(0))),
    "mp4, scale of nothing": ("video/mp4", FTYP + box(b"moov", mvhd(60, 0))),
    "mp4, longer than a week": ("video/mp4", FTYP + box(b"moov", mvhd(8 * 86_400, 1))),
    "mp4, box shorter than its head": ("video/mp4", FTYP + b"\0\0\0\4moov" + mvhd(60)),
    "mp4, box beyond all files": ("video/mp4", struct.pack(">I4sQ", 1, b"free", 2**64 - 1) + box(b"moov", mvhd(60))),
    "mp4, without an index": ("video/mp4", FTYP + box(b"mdat", bytes(999))),
    "webm, duration of 72 petabytes": ("video/webm", matroska(b"\x44\x89" + vint(2**56 - 2, 8))),
    "webm, duration of 4 gigabytes": ("video/webm", matroska(b"\x44\x89" + vint(2**32, 8))),
    "webm, duration of three bytes": ("video/webm", matroska(element(0x4489, b"abc"))),
    "webm, duration of nothing": ("video/webm", matroska(element(0x4489, b""))),
    "webm, no number": ("video/webm", matroska(*lasts(float("nan")))),
    "webm, without end": ("video/webm", matroska(*lasts(float("inf")))),
    "webm, before its beginning": ("video/webm", matroska(*lasts(-60))),
    "webm, frozen": ("video/webm", matroska(element(0x2AD7B1, b""), element(0x4489, struct.pack(">d", 1e9)))),
    "ogg, rate of nothing": ("audio/ogg", page(0, vorbis(0)) + page(9999, b"x")),
    "ogg, no position": ("audio/ogg", page(-1, OPUS)),
    "flac, length unknown": ("audio/flac", flac(0)),
    "flac, rate of nothing": ("audio/flac", b"fLaC\x80\0\0\x22" + bytes(34)),
    "wav, no format": ("audio/wav", b"RIFF\0\0\0\0WAVEdata\xff\xff\xff\x7f" + bytes(100)),
    "mp3, free rate": ("audio/mpeg", b"\xff\xfb\x00\x00" + bytes(1000)),
    "mp3, forbidden rate": ("audio/mpeg", b"\xff\xfb\xf0\x00" + bytes(1000)),
    "mp3, tag beyond the end": ("audio/mpeg", b"ID3\4\0\0\x7f\x7f\x7f\x7f" + mp3(3)),
}
LOOPS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "mp4": ("video/mp4", lambda count: box(b"free", b"") * count),
    "mp4, inside each other": ("video/mp4", lambda count: b"\0\0\0\0moov" * count),
    "webm": ("video/webm", lambda count: element(0xEC, b"") * count),
    "webm, inside each other": ("video/webm", lambda count: (b"\x18\x53\x80\x67" + UNKNOWN_LENGTH) * count),
    "wav": ("audio/wav", lambda count: b"RIFF\0\0\0\0WAVE" + b"JUNK\0\0\0\0" * count),
}


class TestHostileFiles:
    @pytest.mark.parametrize("name", LIES)
    def test_have_no_duration_and_cost_nothing(self, name: str) -> None:
        mime_type, data = LIES[name]
        read = Counted(data)
        assert duration_minutes(mime_type, 500_000_000, read) is None
        assert read.largest <= LARGEST_READ
        assert read.reads <= 20

    @pytest.mark.parametrize("name", LOOPS)
    def test_are_not_walked_to_their_end(self, name: str) -> None:
        mime_type, build = LOOPS[name]
        data = build(MOST_STEPS * 4)
        read = Counted(data)
        assert duration_minutes(mime_type, len(data), read) is None
        assert read.reads <= MOST_STEPS + 1


@given(
    st.sampled_from(sorted(FILES)),
    st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=9)), max_size=6),
    st.integers(0, 2**40),
)
def test_whatever_is_written_over_it(name: str, changes: list[tuple[int, bytes]], size: int) -> None:
    """No error, no large read, not more steps than there may be: whatever a file says."""
    mime_type, data, _ = FILES[name]
    changed = bytearray(data[:20_000])
    for place, written in changes:
        changed[place : place + len(written)] = written
    read = Counted(bytes(changed))
    found = duration_minutes(mime_type, size, read)
    assert found is None or 1 <= found <= 7 * 24 * 60
    assert read.largest <= LARGEST_READ
    assert read.reads <= MOST_STEPS + 2


@given(st.sampled_from(sorted({kind for kind, _, _ in FILES.values()})), st.binary(max_size=600))
def test_whatever_bytes(mime_type: str, data: bytes) -> None:
    minutes(mime_type, data)
