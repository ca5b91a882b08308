"""Archives made by the tests, and what becomes of them."""

import gzip
import io
import tarfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.archive.draft import ReadArchive
from catalog.archive.reading import read_archive
from catalog.importing import IMPORT
from catalog.storage import storage_of
from catalog.store.files import clear_files
from shared import jobs
from shared.testing import ServiceUnderTest, user

Files = Mapping[str, str | bytes]
Pack = Callable[[Files], bytes]
Read = Callable[[Files], ReadArchive]
Import = Callable[[bytes], Awaitable[dict[str, Any]]]

SMALL: dict[str, str | bytes] = {
    "course.xml": '<course url_name="run" org="Org" course="Chem"/>',
    "course/run.xml": '<course display_name="Chemistry" language="en" cert_html_view_enabled="true">'
    '<chapter url_name="one"/><wiki slug="w"/></course>',
    "policies/run/policy.json": '{"course/run": {"learning_info": ["Balance equations", "x"]}}',
    "policies/run/grading_policy.json": '{"GRADE_CUTOFFS": {"A": 0.9, "Pass": 0.6}}',
    "about/overview.html": f"<h2>About</h2><p>{'All about matter. ' * 5}</p><script>x()</script>",
    "about/short_description.html": "Matter &amp; more",
    "chapter/one.xml": '<chapter display_name="Atoms"><sequential url_name="shells"/></chapter>',
    "sequential/shells.xml": '<sequential display_name="Shells" graded="true"><vertical url_name="v1"/></sequential>',
    "vertical/v1.xml": '<vertical display_name="Electrons"><html url_name="h1"/></vertical>',
    "html/h1.xml": '<html filename="h1" display_name="Text"/>',
    "html/h1.html": '<p>See <a href="/static/Table%20one.pdf">the table</a></p><img src="/static/a_b.png">',
    "static/Table one.pdf": b"%PDF-1.4 ...",
    "static/a b.png": b"\x89PNG\r\n\x1a\n",
    "static/page.js": b"x()",
}


def packed(files: Files) -> bytes:
    """A `.tar.gz` with these files, below one folder as Open edX writes them."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for path, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            entry = tarfile.TarInfo(f"course/{path}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


@pytest.fixture
def small() -> dict[str, str | bytes]:
    """A course with one lesson: changes to it make the cases."""
    return dict(SMALL)


@pytest.fixture
def pack() -> Pack:
    return packed


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """What comes of reading an archive with these files."""

    def run(files: Files) -> ReadArchive:
        archive = tmp_path / "archive"
        archive.write_bytes(packed(files))
        folder = tmp_path / "unpacked"
        folder.mkdir()
        return read_archive(archive, folder)

    return run


def raw(*entries: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A `.tar.gz` of entries as they are, however odd."""
    content = b"".join(info.tobuf(tarfile.GNU_FORMAT) + data + bytes(-len(data) % 512) for info, data in entries)
    return gzip.compress(content + bytes(1024))


@pytest.fixture
def raw_archive() -> Callable[..., bytes]:
    return raw


@pytest.fixture
def import_archive(catalog: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> Import:
    """The job of an import, when the worker is through with it."""
    storage = storage_of(catalog.settings)  # type: ignore[arg-type]
    monkeypatch.setattr("catalog.importing.process_storage", lambda: storage)

    async def run(content: bytes) -> dict[str, Any]:
        teacher = catalog.client(user(7, "instructor", name="Grace Teacher"))
        answer = await teacher.post("/api/courses/import/", files={"file": ("a.tar.gz", content)})
        assert answer.status_code == 202, answer.text
        await jobs.work_off(catalog.database, {IMPORT.name: IMPORT})
        job: dict[str, Any] = (await teacher.get(answer.json()["url"])).json()
        return job

    return run


@pytest.fixture
def clear(catalog: ServiceUnderTest) -> Callable[[], Awaitable[int]]:
    """Clear away files as the schedule does, two days from now."""

    async def run() -> int:
        storage = storage_of(catalog.settings)  # type: ignore[arg-type]
        return await clear_files(catalog.database, storage, now=datetime.now(UTC) + timedelta(days=2))

    return run
