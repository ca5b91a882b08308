"""Resources over HTTP: made with a link or a file, shown, downloaded, deleted."""

import asyncio
import io
import struct
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.requests import ClientDisconnect

from catalog.storage import process_storage
from catalog.store import files
from catalog.store.files import clear_files
from shared.contracts.catalog.events import CourseUpdated, ResourceDownloaded
from shared.contracts.enrollment.events import EnrollmentCreated, PolicyChanged
from shared.contracts.enrollment.http import LessonLock
from shared.testing import user

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
PATH = "/api/resources/"
HEADER = b"--b\r\nContent-Disposition: form-data; "


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def mp4(seconds: int, padding: int = 0) -> bytes:
    movie = box(b"mvhd", bytes(12) + struct.pack(">II", 1000, seconds * 1000) + bytes(80))
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", bytes(padding)) + box(b"moov", movie)


def png(width: int = 30, height: int = 20) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def wav(seconds: int) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes(8000 * seconds))
    return out.getvalue()


def enrollment(course_id: int, user_id: int = 20, status: str = "active") -> EnrollmentCreated:
    return EnrollmentCreated(
        enrollment_id=500 + user_id,
        user_id=user_id,
        course_id=course_id,
        status=status,  # type: ignore[arg-type]
        progress_percentage=0,
        completed_lessons=0,
        total_lessons=1,
        created_date=datetime(2030, 1, 1, tzinfo=UTC),
        version=1,
    )


@pytest.fixture
async def lesson_id(published) -> int:
    body = await published()
    return int(body["modules"][0]["lessons"][0]["id"])


@pytest.fixture
def upload(teacher, lesson_id):
    async def send(content: bytes = PDF, name: str = "notes.pdf", **fields: Any) -> Any:
        data = {"lesson": str(lesson_id), "title": "Notes", "type": "document", **fields}
        return await teacher.post(PATH, data=data, files={"file": (name, content)})

    return send


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


class TestWrite:
    async def test_a_link(self, catalog, teacher, lesson_id) -> None:
        body = {"lesson": lesson_id, "title": "Manual", "type": "link", "url": "https://example.com/manual"}
        answer = await teacher.post(PATH, json=body)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["order"], made["uploaded"], made["url"], made["file"]) == (1, False, body["url"], None)
        lesson = (await teacher.get(f"/api/lessons/{lesson_id}/")).json()
        assert lesson["resources_count"] == 1
        assert (await catalog.events(CourseUpdated))[-1].course_id == lesson["course"]
        downloaded = await teacher.get(f"{PATH}{made['id']}/download/")
        assert (downloaded.status_code, downloaded.headers["location"]) == (302, body["url"])

    async def test_a_file(self, upload, tmp_path) -> None:
        answer = await upload(premium="true", description="<p>Read<script>x</script></p>")
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["uploaded"], made["file_size"], made["mime_type"]) == (True, len(PDF), "application/pdf")
        assert (made["premium"], made["description"], made["file_name"]) == (True, "<p>Read</p>", "notes.pdf")
        [path] = stored(tmp_path)
        assert (path.name, path.read_bytes()) == (made["storage_key"], PDF)

    async def test_what_a_file_tells(self, upload) -> None:
        movie = (await upload(mp4(150, 5000), "a.mp4", type="video")).json()
        assert (movie["mime_type"], movie["duration_minutes"]) == ("video/mp4", 3)
        sound = (await upload(wav(61), "a.wav", type="audio")).json()
        assert (sound["mime_type"], sound["duration_minutes"]) == ("audio/wav", 2)
        image = (await upload(png(30, 20), "a.png", type="image")).json()
        assert (image["mime_type"], image["width"], image["height"]) == ("image/png", 30, 20)
        assert [one["order"] for one in (movie, sound, image)] == [1, 2, 3]

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"type": "link"}, "url"),
            ({"type": "document"}, "file"),
            ({"type": "nothing"}, "type"),
            ({"type": "link", "url": "javascript:alert(1)"}, "url"),
            ({"type": "link", "url": "https://" + "x" * 2000}, "url"),
            ({"type": "link", "url": "https://example.com/", "title": "x"}, "title"),
            ({"type": "link", "url": "https://example.com/", "title": "a\0b"}, "title"),
            ({"type": "link", "url": "https://example.com/", "order": 0}, "order"),
            ({"type": "link", "url": "https://example.com/", "lesson": 999_999}, "lesson"),
            ({"type": "link", "url": "https://example.com/", "lesson": 2**70}, "lesson"),
            ({"type": "link", "url": "https://example.com/", "premium": None}, "premium"),
        ],
    )
    async def test_bad_fields(self, teacher, lesson_id, fields, field) -> None:
        answer = await teacher.post(PATH, json={"lesson": lesson_id, "title": "Notes", **fields})
        assert (answer.status_code, list(answer.json())) == (400, [field])

    @pytest.mark.parametrize(
        ("content", "name", "kind"),
        [
            (b"MZ" + bytes(100), "notes.pdf", "document"),
            (PDF, "film.mp4", "video"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image"),
            (b"", "notes.pdf", "document"),
            (PDF, "notes.pdf", "link"),
        ],
    )
    async def test_bytes_that_are_not_of_the_type(self, upload, tmp_path, content, name, kind) -> None:
        answer = await upload(content, name, type=kind)
        assert (answer.status_code, list(answer.json())) == (400, ["file"])
        assert stored(tmp_path) == []

    async def test_the_type_may_come_after_the_file(self, teacher, lesson_id, tmp_path) -> None:
        def form(kind: str) -> bytes:
            parts = [f'name="lesson"\r\n\r\n{lesson_id}'.encode(), b'name="title"\r\n\r\nNotes']
            parts += [b'name="file"; filename="a.pdf"\r\n\r\n' + PDF, b'name="type"\r\n\r\n' + kind.encode()]
            return (
                b"".join(b"--b\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--b--\r\n"
            )

        headers = {"content-type": "multipart/form-data; boundary=b"}
        assert (await teacher.post(PATH, content=form("document"), headers=headers)).status_code == 201
        refused = await teacher.post(PATH, content=form("video"), headers=headers)
        assert (refused.status_code, list(refused.json())) == (400, ["file"])
        assert len(stored(tmp_path)) == 1

    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"--b\r\nnonsense", "multipart/form-data; boundary=b"),
            (HEADER + b'name="file"; filename="a.pdf"\r\n\r\n' + PDF, "multipart/form-data; boundary=b"),
            (b"--b\r\n\r\nno name\r\n--b--\r\n", "multipart/form-data; boundary=b"),
            (b"", "multipart/form-data; boundary=b"),
            (b"x", "multipart/form-data"),
            (b"--b\r\n" + b"A" * 20_000 + b": x\r\n\r\n", "multipart/form-data; boundary=b"),
            (b"{", "application/json"),
            (b"[" * 100_000, "application/json"),
        ],
    )  # fmt: skip
    async def test_broken_bodies(self, teacher, tmp_path, body, kind) -> None:
        answer = await teacher.post(PATH, content=body, headers={"content-type": kind})
        assert (answer.status_code, answer.json().get("code")) == (400, "MALFORMED_REQUEST")
        assert stored(tmp_path) == []

    async def test_too_large(self, monkeypatch, catalog, upload, tmp_path) -> None:
        monkeypatch.setattr("catalog.domain.media.LARGEST_FILE", 5000)
        answer = await upload()
        assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
        assert answer.json()["details"] == {"limit": 5000}
        assert stored(tmp_path) == []

    async def test_a_sender_who_goes_away_leaves_nothing(self, catalog, teacher, lesson_id, tmp_path) -> None:
        async def broken():
            yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n' + bytes(3_000_000)
            assert stored(tmp_path)
            raise ClientDisconnect

        fields = {"content-type": "multipart/form-data; boundary=b"}
        assert (await teacher.post(PATH, content=broken(), headers=fields)).status_code == 400
        assert stored(tmp_path) == []

    async def test_a_new_file_replaces_the_old(self, catalog, teacher, upload, tmp_path) -> None:
        made = (await upload()).json()
        path = f"{PATH}{made['id']}/"
        changed = await teacher.patch(path, files={"file": ("b.txt", b"Plain words")})
        assert changed.status_code == 200, changed.text
        assert (changed.json()["mime_type"], changed.json()["title"]) == ("text/plain", "Notes")
        assert (await teacher.patch(path, json={"type": "video"})).status_code == 400
        assert (await teacher.patch(path, json={"title": "Renamed"})).json()["file_name"] == "b.txt"
        assert await clear_files(catalog.database, catalog.app.state.storage, now=datetime.now(UTC)) == 1
        assert [each.name for each in stored(tmp_path)] == [changed.json()["storage_key"]]

    async def test_deleted_with_its_file(self, catalog, teacher, upload, lesson_id, tmp_path) -> None:
        made = (await upload()).json()
        assert (await teacher.delete(f"{PATH}{made['id']}/")).status_code == 204
        assert (await teacher.get(f"{PATH}{made['id']}/")).status_code == 404
        assert (await teacher.get(f"/api/lessons/{lesson_id}/")).json()["resources_count"] == 0
        await clear_files(catalog.database, catalog.app.state.storage, now=datetime.now(UTC))
        assert stored(tmp_path) == []

    async def test_an_upload_under_way_is_left_alone_for_a_day(self, catalog, tmp_path) -> None:
        storage, now = catalog.app.state.storage, datetime.now(UTC)

        async def pieces():
            yield b"half"

        await files.keep(catalog.database, storage, pieces(), now=now)
        assert await clear_files(catalog.database, storage, now=now + timedelta(hours=23)) == 0
        assert await clear_files(catalog.database, storage, now=now + timedelta(hours=25)) == 1
        assert stored(tmp_path) == []

    async def test_places(self, teacher, upload, lesson_id) -> None:
        ids = [answer.json()["id"] for answer in await asyncio.gather(*(upload() for _ in range(3)))]
        answer = await teacher.put(f"/api/lessons/{lesson_id}/resources/order/", json={"ids": ids[::-1]})
        assert [one["id"] for one in answer.json()["results"]] == ids[::-1]
        assert (await upload(order="1")).json().keys() == {"order"}

    async def test_clones_have_the_files_too(self, catalog, teacher, upload, lesson_id, tmp_path) -> None:
        made = (await upload()).json()
        course = (await teacher.get(f"/api/lessons/{lesson_id}/")).json()["course"]
        copy = (await teacher.post(f"/api/courses/{course}/clone/")).json()
        [listed] = (await teacher.get(PATH, params={"course": copy["id"]})).json()["results"]
        assert (listed["storage_key"], listed["title"]) == (made["storage_key"], "Notes")
        assert copy["modules"][0]["lessons"][0]["resources_count"] == 1
        await teacher.delete(f"{PATH}{made['id']}/")
        await clear_files(catalog.database, catalog.app.state.storage, now=datetime.now(UTC))
        assert (await teacher.get(f"{PATH}{listed['id']}/download/")).content == PDF
        bare = (await teacher.post(f"/api/courses/{course}/clone/", json={"copy_resources": False})).json()
        assert bare["modules"][0]["lessons"][0]["resources_count"] == 0


class TestDownload:
    async def test_who_gets_it(self, catalog, teacher, student, guest, colleague, admin, upload, lesson_id) -> None:
        plain, premium = (await upload()).json()["id"], (await upload(premium="true")).json()["id"]
        course = (await teacher.get(f"/api/lessons/{lesson_id}/")).json()["course"]
        catalog.peers.answer("enrollment", "/internal/enrollments/", None)
        subscriber = catalog.client(user(30, premium=True))
        enrolled = catalog.client(user(21))
        await catalog.deliver(enrollment(course, 21))
        expected = {
            guest: [(401, "AUTHENTICATION_REQUIRED"), (401, "AUTHENTICATION_REQUIRED")],
            student: [(403, "ENROLLMENT_REQUIRED"), (403, "SUBSCRIPTION_REQUIRED")],
            enrolled: [(200, None), (403, "SUBSCRIPTION_REQUIRED")],
            subscriber: [(200, None), (200, None)],
            colleague: [(403, "ENROLLMENT_REQUIRED"), (403, "SUBSCRIPTION_REQUIRED")],
            teacher: [(200, None), (200, None)],
            admin: [(200, None), (200, None)],
        }
        for who, wanted in expected.items():
            got = []
            for resource in (plain, premium):
                answer = await who.get(f"{PATH}{resource}/download/")
                got.append((answer.status_code, None if answer.status_code == 200 else answer.json()["code"]))
                shown = (await who.get(f"{PATH}{resource}/")).json()
                assert (shown["file"] is not None) == (answer.status_code == 200)
            assert got == wanted
        listed = (await enrolled.get(PATH, params={"lesson": lesson_id})).json()["results"]
        assert [one["file"] is not None for one in listed] == [True, False]

    async def test_enrollment_down(self, catalog, student, upload) -> None:
        made = (await upload()).json()
        assert (await student.get(f"{PATH}{made['id']}/download/")).status_code == 503

    async def test_a_locked_lesson(self, catalog, student, teacher, upload, lesson_id) -> None:
        made = (await upload()).json()
        course = (await teacher.get(f"/api/lessons/{lesson_id}/")).json()["course"]
        await catalog.deliver(enrollment(course))
        await catalog.deliver(PolicyChanged(course_id=course, method="lessons", sequential=True, version=2))
        await catalog.deliver(PolicyChanged(course_id=course, method="lessons", sequential=False, version=1))
        paths = [f"{PATH}{made['id']}/download/", f"/api/lessons/{lesson_id}/"]
        assert [(await student.get(path)).status_code for path in paths] == [503, 503]
        lock = f"/internal/lessons/{lesson_id}/lock/"
        locked = LessonLock(lesson_id=lesson_id, user_id=20, is_locked=True, missing_lesson=9)
        catalog.peers.answer("enrollment", lock, locked)
        for path in paths:
            answer = await student.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "LESSON_LOCKED")
            assert answer.json()["details"] == {"missing_lesson": 9}
            assert (await teacher.get(path)).status_code == 200
        catalog.peers.answer("enrollment", lock, locked.model_copy(update={"is_locked": False}))
        assert [(await student.get(path)).status_code for path in paths] == [200, 200]
        await teacher.patch(f"/api/lessons/{lesson_id}/", json={"registered_content": "Some of it"})
        del catalog.peers.answers["enrollment", lock]
        assert (await student.get(paths[1])).json()["content_tier"] == "registered"

    async def test_headers(self, teacher, upload) -> None:
        made = (await upload(b"<html><script>alert(1)</script>", 'x/../a"b\u00fc.html', type="document")).json()
        assert (made["file_name"], made["mime_type"]) == ("ab\u00fc.html", "text/html")
        answer = await teacher.get(f"{PATH}{made['id']}/download/")
        assert answer.headers["content-disposition"].startswith('attachment; filename="ab_.html"; filename*=UTF-8')
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]

    @pytest.mark.parametrize(
        ("asked", "status", "start", "end"),
        [
            (None, 200, 0, None),
            ("bytes=0-9", 206, 0, 10),
            ("bytes=100-", 206, 100, None),
            ("bytes=-7", 206, len(PDF) - 7, None),
            ("bytes=5-999999999", 206, 5, None),
            ("bytes=9-5", 200, 0, None),
            ("bytes=0-1,4-5", 200, 0, None),
            ("pages=1-2", 200, 0, None),
            ("bytes=99999999-", 416, 0, 0),
            ("bytes=-0", 416, 0, 0),
        ],
    )
    async def test_ranges(self, teacher, upload, asked, status, start, end) -> None:
        made = (await upload()).json()
        answer = await teacher.get(f"{PATH}{made['id']}/download/", headers={"Range": asked} if asked else {})
        assert answer.status_code == status
        if status == 416:
            assert answer.headers["content-range"] == f"bytes */{len(PDF)}"
            return
        assert answer.content == PDF[start:end]
        if status == 206:
            assert answer.headers["content-range"] == f"bytes {start}-{(end or len(PDF)) - 1}/{len(PDF)}"

    async def test_conditions(self, teacher, upload) -> None:
        path = f"{PATH}{(await upload()).json()['id']}/download/"
        etag = (await teacher.get(path)).headers["etag"]
        assert (await teacher.get(path, headers={"If-None-Match": etag})).status_code == 304
        for if_range, status in ((etag, 206), ('"other"', 200), ("Wed, 21 Oct 2015 07:28:00 GMT", 200)):
            answer = await teacher.get(path, headers={"Range": "bytes=0-1", "If-Range": if_range})
            assert answer.status_code == status


class TestDownloadsAreTold:
    async def test_once_for_each_learner_who_begins(self, catalog, teacher, admin, guest, student, upload) -> None:
        made = (await upload()).json()
        body = {"lesson": made["lesson"], "title": "Manual", "type": "link", "url": "https://example.com/manual"}
        link = (await teacher.post(PATH, json=body)).json()["id"]
        course = (await teacher.get(f"/api/lessons/{made['lesson']}/")).json()["course"]
        await catalog.deliver(enrollment(course))
        path = f"{PATH}{made['id']}/download/"
        whole = await student.get(path)
        assert whole.status_code == 200
        for headers in ({"Range": "bytes=100-"}, {"Range": "bytes=-7"}, {"If-None-Match": whole.headers["etag"]}):
            assert (await student.get(path, headers=headers)).status_code in (206, 304)
        assert (await student.get(path, headers={"Range": "bytes=0-99"})).status_code == 206
        assert (await student.get(f"{PATH}{link}/download/")).status_code == 302
        for nobody in (teacher, admin, guest):
            await nobody.get(path)
        told = await catalog.events(ResourceDownloaded)
        assert [event.resource_id for event in told] == [made["id"], made["id"], link]
        assert {(event.user_id, event.course_id, event.lesson_id) for event in told} == {(20, course, made["lesson"])}


class TestRights:
    async def test_writing(self, catalog, teacher, student, guest, colleague, admin, upload, lesson_id) -> None:
        made = (await upload()).json()
        body = {"lesson": lesson_id, "title": "Manual", "type": "link", "url": "https://example.com/manual"}
        catalog.peers.answer("enrollment", "/internal/enrollments/", None)
        path = f"{PATH}{made['id']}/"
        for who, status, code in (
            (guest, 401, "AUTHENTICATION_REQUIRED"),
            (student, 403, "ROLE_REQUIRED"),
            (colleague, 403, "PERMISSION_DENIED"),
        ):
            for answer in (
                await who.post(PATH, json=body),
                await who.patch(path, json={"title": "Mine"}),
                await who.put(path, json=body),
                await who.delete(path),
                await who.put(f"/api/lessons/{lesson_id}/resources/order/", json={"ids": []}),
            ):
                assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await admin.patch(path, json={"title": "Renamed"})).status_code == 200

    async def test_drafts_are_nobody_elses(self, course, module, lesson, teacher, colleague, student, guest) -> None:
        section = await module((await course())["id"])
        made = await lesson(section["id"])
        body = {"lesson": made["id"], "title": "Manual", "type": "link", "url": "https://example.com/manual"}
        resource = (await teacher.post(PATH, json=body)).json()
        for who in (colleague, student, guest):
            for path in (f"{PATH}{resource['id']}/", f"{PATH}{resource['id']}/download/"):
                assert (await who.get(path)).status_code == 404
            assert (await who.get(PATH, params={"lesson": made["id"]})).json()["count"] == 0


def test_the_process_has_a_storage() -> None:
    assert process_storage() is process_storage()
