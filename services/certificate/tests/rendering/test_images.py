import io
import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from certificate.rendering.images import LARGEST, read_image
from shared.errors import Invalid


def file(kind: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **saved: object) -> bytes:
    written = io.BytesIO()
    Pillow.new(mode, size).save(written, kind, **saved)
    return written.getvalue()


def huge_png() -> bytes:
    """A few bytes that say they are 30,000 by 30,000 pixels."""
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 12


class TestReadImage:
    @pytest.mark.parametrize(
        ("kind", "mode"),
        [
            ("PNG", "RGB"),
            ("PNG", "RGBA"),
            ("PNG", "P"),
            ("PNG", "1"),
            ("PNG", "I;16"),
            ("JPEG", "CMYK"),
            ("WEBP", "RGBA"),
        ],
    )
    def test_every_kind_becomes_a_png(self, kind: str, mode: str) -> None:
        image = read_image(file(kind, mode=mode))
        assert image.png.startswith(b"\x89PNG")
        assert image.size == (40, 20)

    def test_a_large_one_is_made_smaller_in_its_proportions(self) -> None:
        assert read_image(file("JPEG", (4000, 1000))).size == (1200, 300)
        assert LARGEST == (1200, 600)

    def test_nothing_hidden_in_it_is_kept(self) -> None:
        from PIL.PngImagePlugin import PngInfo

        info = PngInfo()
        info.add_text("Comment", "<script>alert(1)</script>")
        assert b"script" not in read_image(file("PNG", pnginfo=info) + b"<script>").png

    @pytest.mark.parametrize(
        "data",
        [b"", b"GIF89a" + b"\0" * 50, file("GIF"), file("BMP"), b"<svg/>", b"%PDF-1.7", file("PNG")[:60], huge_png()],
        ids=["empty", "broken gif", "gif", "bmp", "svg", "pdf", "cut off", "huge"],
    )
    def test_anything_else_is_refused(self, data: bytes) -> None:
        with pytest.raises(Invalid) as refused:
            read_image(data)
        assert list(refused.value.errors) == ["file"]

    @settings(max_examples=100, deadline=None)
    @given(st.data())
    def test_a_broken_file_is_never_more_than_refused(self, data: st.DataObject) -> None:
        good = bytearray(file(data.draw(st.sampled_from(["PNG", "JPEG", "WEBP"])), mode="RGB"))
        for _ in range(data.draw(st.integers(1, 5))):
            good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
        with suppress(Invalid):
            assert read_image(bytes(good)).png
