"""Logos and signatures: whatever was sent, what is kept and drawn is a small PNG of our own making."""

import hashlib
import io
from dataclasses import dataclass

from PIL import Image as Pillow
from PIL import ImageOps

from shared.errors import Invalid

LARGEST_FILE = 2 * 1024 * 1024
MOST_PIXELS = 25_000_000
LARGEST = (1200, 600)
"""Pixels kept: at the size of a logo on paper more would not be seen."""
FORMATS = ("PNG", "JPEG", "WEBP")

_NO_IMAGE = "This is no image that can be read. Send a PNG, JPEG or WebP file."


@dataclass(frozen=True)
class Image:
    png: bytes

    @property
    def digest(self) -> str:
        """SHA-256, in hex."""
        return hashlib.sha256(self.png).hexdigest()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, from the PNG's header."""
        return int.from_bytes(self.png[16:20]), int.from_bytes(self.png[20:24])


def read_image(data: bytes) -> Image:
    """The image in a file, drawn anew: nothing hidden in the file is kept. Takes milliseconds: not for the event loop.

    Raises Invalid.
    """
    try:
        with Pillow.open(io.BytesIO(data), formats=FORMATS) as sent:
            if sent.width * sent.height > MOST_PIXELS:
                raise Invalid(file=f"The image has more than {MOST_PIXELS} pixels.")
            sent.draft("RGB", LARGEST)  # a JPEG is read smaller at once
            upright = ImageOps.exif_transpose(sent)
            kept = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except Invalid:
        raise
    except Exception as error:  # decoders of broken files raise all sorts: IndexError, struct.error, …
        raise Invalid(file=_NO_IMAGE) from error
    kept.thumbnail(LARGEST)
    written = io.BytesIO()
    kept.save(written, "PNG", optimize=True)
    return Image(written.getvalue())
