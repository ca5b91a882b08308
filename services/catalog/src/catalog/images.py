"""Images: their size, and thumbnails made of them. Slow; called in threads, a few at a time.

Only the decoders of the formats that we take are asked, and none before the size that the header states is small
enough: a few bytes can stand for gigabytes of pixels.
"""

import asyncio
import io
import warnings
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from catalog.storage.base import ReadAt

MOST_PIXELS = 40_000_000
SIZES = {"small": (320, 180), "medium": (640, 360), "large": (1280, 720)}
"""Of thumbnails: the box in which each fits, in its own proportions."""
MIME_TYPE = "image/webp"
_FORMATS = ("JPEG", "PNG", "WEBP")
_HEADER = 1024 * 1024
_ALPHA = 0x10
"""The flag of a WebP that says that it is transparent in places; others say that there is more than the picture."""
LARGEST_KEPT = 1024 * 1024
"""Bytes of a WebP that is taken as it is."""
_AT_ONCE = asyncio.Semaphore(2)


class NotAnImage(ValueError):
    """It is broken, too large, or of another format. The message is for people."""


def pixels(read: ReadAt) -> tuple[int, int] | None:
    """Width and height of an image by its header; None when it does not tell."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(read(0, _HEADER)), formats=(*_FORMATS, "GIF")) as image:
            return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


async def thumbnails(file: IO[bytes]) -> dict[str, bytes]:
    """The image in each of `SIZES`, as WebP. Raises NotAnImage.

    A WebP that fits already is kept to the byte: each encoding would lose something, also of a course that is exported
    and imported again.
    """
    async with _AT_ONCE:
        return await asyncio.to_thread(_thumbnails, file)


def _thumbnails(file: IO[bytes]) -> dict[str, bytes]:
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of broken metadata, and of many pixels, which we count
            with Image.open(file, formats=_FORMATS) as opened:
                width, height = opened.size
                if width * height > MOST_PIXELS:
                    raise NotAnImage(
                        f"A thumbnail can have at most {MOST_PIXELS // 1_000_000} million pixels; "
                        f"this one has {width} × {height}."
                    )
                opened.draft("RGB", SIZES["large"])
                image = ImageOps.exif_transpose(opened).convert("RGBA" if opened.mode in ("RGBA", "LA", "P") else "RGB")
        kept = _plain_webp(file)
        return {name: kept if kept and _fits(image, box) else _fitted(image, box) for name, box in SIZES.items()}
    except NotAnImage:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError):
        raise NotAnImage("The image is broken: it cannot be read to its end.") from None


def _fits(image: Image.Image, box: tuple[int, int]) -> bool:
    return image.width <= box[0] and image.height <= box[1]


def _plain_webp(file: IO[bytes]) -> bytes | None:
    """The file if it is one picture as WebP and nothing else: no animation, no metadata, nothing after its end."""
    file.seek(0)
    content = file.read(LARGEST_KEPT + 1)
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP" and content[12:16] in (b"VP8 ", b"VP8L", b"VP8X")
    ends = 8 + int.from_bytes(content[4:8], "little")
    if not is_webp or ends != len(content) or len(content) > LARGEST_KEPT:
        return None
    has_only_alpha = content[12:16] != b"VP8X" or content[20] in (0, _ALPHA)
    return content if has_only_alpha else None


def _fitted(image: Image.Image, box: tuple[int, int]) -> bytes:
    copy = image.copy()
    copy.thumbnail(box, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    copy.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
