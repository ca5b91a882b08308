"""How long audio and video files are, by their own headers. Pure: `read(offset, size)` gives bytes, fewer at the end.

Each format is a walk over sizes that the file itself states, so the steps are counted: a hostile file costs no more
than `MOST_STEPS` small reads, and a broken one has no duration.
"""

import struct
from collections.abc import Callable

Read = Callable[[int, int], bytes]
MOST_STEPS = 500
LONGEST_S = 7 * 24 * 3600


def duration_minutes(mime_type: str, size: int, read: Read) -> int | None:
    """Minutes, rounded up; None when the file does not tell, or tells nonsense."""
    measure = _MEASURES.get(mime_type)
    if measure is None:
        return None
    try:
        seconds = measure(size, read)
    except (struct.error, IndexError, ValueError, ArithmeticError):
        return None
    if seconds is None or not 0 < seconds <= LONGEST_S:
        return None
    return int(-(-seconds // 60))


def _mp4(size: int, read: Read) -> float | None:
    """moov → mvhd, box by box (ISO 14496-12)."""
    place, end, steps = 0, size, 0
    while place + 8 <= end and steps < MOST_STEPS:
        steps += 1
        head = read(place, 16)
        length, kind = struct.unpack(">I4s", head[:8])
        header = 8
        if length == 1:
            length, header = struct.unpack(">Q", head[8:16])[0], 16
        elif length == 0:
            length = end - place
        if length < header:
            return None
        if kind == b"mvhd":
            return _mvhd(read(place + header, 32))
        if kind == b"moov":
            place, end = place + header, min(end, place + length)
        else:
            place += length
    return None


def _mvhd(body: bytes) -> float:
    scale, length = struct.unpack(">IQ", body[20:32]) if body[0] == 1 else struct.unpack(">II", body[12:20])
    return float(length / scale)


def _webm(size: int, read: Read) -> float | None:
    """EBML header, then Segment → Info → TimecodeScale and Duration (RFC 8794, Matroska)."""
    place, end, scale = 0, size, 1_000_000
    duration: float | None = None
    for _ in range(MOST_STEPS):
        if place >= end:
            break
        head = read(place, 12)
        name, used = _vint(head, keep_marker=True)
        length, more = _vint(head[used:])
        place += used + more
        unknown = length == (1 << 7 * more) - 1
        if name in (0x18538067, 0x1549A966):  # Segment, Info
            end = end if unknown else min(end, place + length)
            continue
        if unknown:
            break
        if name == 0x2AD7B1:
            scale = int.from_bytes(read(place, min(length, 8)))
        elif name == 0x4489:
            kind = {4: ">f", 8: ">d"}.get(length)
            if kind is None:  # and so never read: it may say any length
                return None
            duration = struct.unpack(kind, read(place, length))[0]
        place += length
    return None if duration is None else duration * scale / 1e9


def _vint(data: bytes, *, keep_marker: bool = False) -> tuple[int, int]:
    """A number of variable length, and how many bytes it takes."""
    width = 9 - data[0].bit_length()
    if width > 8 or len(data) < width:
        raise ValueError("not a number")
    value = int.from_bytes(data[:width])
    return (value if keep_marker else value & ((1 << 7 * width) - 1)), width


def _ogg(size: int, read: Read) -> float | None:
    """Position of the last page by the rate in the first (RFC 3533; Vorbis, Opus, FLAC)."""
    first = read(0, 200)
    serial = first[14:18]
    if (at := first.find(b"\x01vorbis")) >= 0:
        rate: int = struct.unpack("<I", first[at + 12 : at + 16])[0]
    elif b"OpusHead" in first:
        rate = 48_000
    elif (at := first.find(b"fLaC")) >= 0:
        rate = int.from_bytes(first[at + 18 : at + 21]) >> 4
    else:
        return None
    tail = read(max(0, size - 65_536), 65_536)
    place = len(tail)
    while (place := tail.rfind(b"OggS", 0, place)) >= 0:
        if tail[place + 14 : place + 18] == serial:
            return float(struct.unpack("<q", tail[place + 6 : place + 14])[0] / rate)
    return None


def _wav(size: int, read: Read) -> float | None:
    """Bytes of `data` by the bytes in a second that `fmt ` states."""
    place, rate = 12, 0
    for _ in range(MOST_STEPS):
        kind, length = struct.unpack("<4sI", read(place, 8))
        if kind == b"fmt ":
            rate = struct.unpack("<I", read(place + 16, 4))[0]
        elif kind == b"data":
            return float(min(length, size - place - 8) / rate)
        place += 8 + length + length % 2
    return None


def _flac(size: int, read: Read) -> float | None:
    """STREAMINFO, which is the first block."""
    head = read(0, 26)
    if head[:4] != b"fLaC":
        return None
    info = int.from_bytes(head[18:])
    return float((info & (1 << 36) - 1) / (info >> 44))


_BITRATES = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44_100, 48_000, 32_000)


def _mp3(size: int, read: Read) -> float | None:
    """Frames that a Xing or VBRI header counts, else the size by the first frame's rate."""
    place = 0
    head = read(0, 10)
    if head[:3] == b"ID3":
        place = 10 + sum((byte & 0x7F) << 7 * (3 - shift) for shift, byte in enumerate(head[6:10]))
    data = read(place, 8192)
    for at in range(len(data) - 200):
        if data[at] == 0xFF and data[at + 1] & 0xE6 == 0xE2:
            return _frame(data[at : at + 200], size - place - at)
    return None


def _frame(frame: bytes, rest: int) -> float | None:
    version = frame[1] >> 3 & 3
    row, divisor = (1, 1) if version == 3 else (2, 2 if version == 2 else 4)
    rate = _RATES[frame[2] >> 2 & 3] / divisor
    samples = 1152 if row == 1 else 576
    for mark in (b"Xing", b"Info"):
        if (at := frame.find(mark)) >= 0 and frame[at + 7] & 1:
            return float(struct.unpack(">I", frame[at + 8 : at + 12])[0] * samples / rate)
    if (at := frame.find(b"VBRI")) >= 0:
        return float(struct.unpack(">I", frame[at + 14 : at + 18])[0] * samples / rate)
    return rest * 8 / (_BITRATES[row][frame[2] >> 4] * 1000)


_MEASURES: dict[str, Callable[[int, Read], float | None]] = {
    "video/mp4": _mp4,
    "video/quicktime": _mp4,
    "audio/mp4": _mp4,
    "video/webm": _webm,
    "video/x-matroska": _webm,
    "audio/ogg": _ogg,
    "audio/wav": _wav,
    "audio/flac": _flac,
    "audio/mpeg": _mp3,
}
