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
    """The image in each of `SIZES`, as WebP. Raises NotAnImage."""
    async with _AT_ONCE:
        return await asyncio.to_thread(_thumbnails, file)


def _thumbnails(file: IO[bytes]) -> dict[str, bytes]:
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=_FORMATS) as opened:
                width, height = opened.size
                if width * height > MOST_PIXELS:
                    raise NotAnImage(
                        f"A thumbnail can have at most {MOST_PIXELS // 1_000_000} million pixels; "
                        f"this one has {width} × {height}."
                    )
                opened.draft("RGB", SIZES["large"])
                image = ImageOps.exif_transpose(opened).convert("RGBA" if opened.mode in ("RGBA", "LA", "P") else "RGB")
        return {name: _fitted(image, box) for name, box in SIZES.items()}
    except NotAnImage:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError):
        raise NotAnImage("The image is broken: it cannot be read to its end.") from None


def _fitted(image: Image.Image, box: tuple[int, int]) -> bytes:
    copy = image.copy()
    copy.thumbnail(box, Image.Resampling.LANCZOS)
    out = io.BytesIO()
    copy.save(out, "WEBP", quality=82, method=4)
    return out.getvalue()
