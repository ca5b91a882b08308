"""Thumbnails of courses: sent with the course, made in three sizes, served."""

import io
import json
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from catalog.images import thumbnails
from catalog.store.files import clear_files
from shared.contracts.catalog.events import CourseUpdated


def picture(width: int = 1600, height: int = 1200, form: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, form)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a hundred bytes that says it has ten thousand million pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


FIELDS = {"title": "Databases", "description": "d" * 60, "learning_objectives": json.dumps(["Write queries"])}


class TestThumbnails:
    async def test_three_sizes(self, catalog, teacher, guest) -> None:
        answer = await teacher.post(
            "/api/courses/", data={**FIELDS, "discount_price": ""}, files={"thumbnail": ("a.jpg", picture())}
        )
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert made["learning_objectives"] == ["Write queries"]
        assert made["thumbnail"] == made["thumbnails"]["large"]
        assert made["thumbnail"].startswith(catalog.settings.public_url)
        widths = {}
        for name, url in made["thumbnails"].items():
            path = url.removeprefix(catalog.settings.public_url) + "/"
            image = await guest.get(path)
            assert image.headers["content-type"] == "image/webp"
            assert "immutable" in image.headers["cache-control"]
            widths[name] = Image.open(io.BytesIO(image.content)).size
            conditional = await guest.get(path, headers={"If-None-Match": image.headers["etag"]})
            assert conditional.status_code == 304
            part = await guest.get(path, headers={"Range": "bytes=0-3"})
            assert (part.status_code, part.content) == (206, b"RIFF")
        assert widths == {"small": (240, 180), "medium": (480, 360), "large": (960, 720)}

    async def test_replaced_and_taken_away(self, catalog, course, teacher, tmp_path) -> None:
        made = await course()
        assert (made["thumbnail"], made["thumbnails"]) == (None, None)
        path = f"/api/courses/{made['id']}/"
        first = await teacher.patch(path, files={"thumbnail": ("a.png", picture(form="PNG"))})
        second = await teacher.patch(path, files={"thumbnail": ("a.webp", picture(form="WEBP"))})
        assert first.json()["thumbnail"] != second.json()["thumbnail"]
        [*_, told] = await catalog.events(CourseUpdated)
        assert told.thumbnail == second.json()["thumbnail"]
        assert (await teacher.patch(path, json={"title": "Renamed"})).json()["thumbnails"] is not None
        assert (await teacher.patch(path, json={"thumbnail": None})).json()["thumbnail"] is None
        assert await clear_files(catalog.database, catalog.app.state.storage, now=datetime.now(UTC)) == 2
        assert [one for one in tmp_path.rglob("*") if one.is_file()] == []

    @pytest.mark.parametrize(
        "content", [b"", b"<svg/>", picture()[:500], bomb(), picture(form="GIF"), b"\x89PNG\r\n\x1a\n" + bytes(50)]
    )
    async def test_what_is_no_thumbnail(self, teacher, tmp_path, content) -> None:
        answer = await teacher.post("/api/courses/", data=FIELDS, files={"thumbnail": ("a.png", content)})
        assert (answer.status_code, list(answer.json())) == (400, ["thumbnail"])
        assert list(tmp_path.iterdir()) == []

    async def test_too_large(self, teacher) -> None:
        content = picture() + bytes(10 * 1024 * 1024)
        answer = await teacher.post("/api/courses/", data=FIELDS, files={"thumbnail": ("a.png", content)})
        assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")

    async def test_a_form_that_is_wrong_leaves_nothing(self, teacher, tmp_path) -> None:
        fields = {**FIELDS, "tags": "not a list"}
        answer = await teacher.post("/api/courses/", data=fields, files={"thumbnail": ("a.jpg", picture())})
        assert (answer.status_code, list(answer.json())) == (400, ["tags"])
        assert [one for one in tmp_path.rglob("*") if one.is_file()] == []

    async def test_no_other_paths(self, guest) -> None:
        for path in ("0" * 40 + "/large.webp/", "x/large.webp/", "0" * 40 + "/huge.webp/", "..%2f..%2fetc/large.webp/"):
            assert (await guest.get(f"/api/media/{path}")).status_code in (400, 404)


def webp(**options: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((300, 160), 60).convert("RGB").save(out, "WEBP", **options)
    return out.getvalue()


class TestKept:
    """A WebP that fits is kept to the byte, where it is one picture and nothing besides."""

    async def test_in_the_sizes_that_it_fits(self) -> None:
        picture = webp()
        assert set((await thumbnails(io.BytesIO(picture))).values()) == {picture}
        large = io.BytesIO()
        Image.new("RGB", (1280, 720), "teal").save(large, "WEBP")
        made = await thumbnails(large)
        assert [name for name, image in made.items() if image == large.getvalue()] == ["large"]

    @pytest.mark.parametrize(
        "picture",
        [
            webp(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"),
            webp(icc_profile=b"profile of a camera"),
            webp(save_all=True, append_images=[Image.new("RGB", (300, 160))]),
            webp() + b"<script>",
        ],
        ids=["with metadata", "with a profile", "moving", "with something after it"],
    )
    async def test_not_with_something_else_in_it(self, picture: bytes) -> None:
        made = set((await thumbnails(io.BytesIO(picture))).values())
        assert picture not in made
        assert not any(mark in image for image in made for mark in (b"EXIF", b"ICCP", b"ANIM", b"<script>"))
