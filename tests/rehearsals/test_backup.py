"""A backup is taken while the system works, and another installation is made from it, which works on."""

import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from demo.api import PASSWORD, Api
from shared.runtime.process import wait_until
from shared.runtime.roles import SERVICES, database_url
from shared.runtime.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.fixture
def backup() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="syllabus-backup-", dir="/var/tmp") as folder:
        yield Path(folder)


def run(stack: Stack, script: str, *arguments: str | Path) -> None:
    folder = stack.database._binaries.folder  # type: ignore[attr-defined]
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([DEPLOY / script, *arguments], env=os.environ | {"PATH": path}, check=True)


def test_a_system_made_from_a_backup_has_everything_and_works_on(backup: Path) -> None:
    with Stack() as stack, closing(Api(stack.url)) as guest:
        subprocess.run(stack.command("gateway", "demo-accounts"), env=stack.environment("gateway"), check=True)
        author = guest.log_in("instructor@example.com")
        learner, user = guest.register("ada@example.com", "Ada", "Lovelace")
        premium = {"tier": "premium", "expires_at": None}
        guest.log_in("admin@example.com").put(f"/users/{user['id']}/subscription/", premium)
        course = make_course(author)
        enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
        (row,) = learner.get("/progress/", enrollment=enrollment["id"])["results"]
        learner.put(f"/progress/{row['id']}/", {"progress_percentage": 40})
        answer = attach_an_essay(learner, course)
        files = {
            path: fetched(stack.url, learner, path)
            for path in (
                f"/resources/{course['resource']['id']}/download/",
                urlsplit(course["thumbnail"]).path.removeprefix("/api"),
                f"/attempt-answers/{answer['id']}/attachment/",
            )
        }
        address = database_url(stack.database.url, stack.database_name)
        run(stack, "backup.sh", address, stack.directory / "files", backup)
        keys = {file.name: file.read_bytes() for file in (stack.directory / "keys").iterdir()}
        token = learner.headers["Authorization"]

    restored = Stack()
    try:
        restored.start_servers()
        for name, content in keys.items():
            (restored.directory / "keys" / name).write_bytes(content)
        address = database_url(restored.database.url, restored.database_name)
        run(restored, "restore.sh", backup, address, restored.directory / "files")
        restored.migrate()
        restored.start(*SERVICES)
        with closing(Api(restored.url, token.removeprefix("Token "))) as again:
            assert {path: fetched(restored.url, again, path) for path in files} == files
            (row,) = again.get("/progress/", enrollment=enrollment["id"])["results"]
            assert float(row["progress_percentage"]) == 40
            assert again.log_in("ada@example.com", PASSWORD).get("/user/")["first_name"] == "Ada"
            # What goes over the bus still goes: completion is told to certificate, which tells enrollment.
            again.put(f"/progress/{row['id']}/", {"is_completed": True})
            assert wait_until(lambda: bool(again.get("/certificates/")["results"]), 120)
        recount = [*restored.command("enrollment", "recount"), "--check"]
        subprocess.run(recount, env=restored.environment("enrollment"), check=True)
        for service in SERVICES:
            reconcile = restored.command(service, "reconcile")
            subprocess.run(reconcile, env=restored.environment(service), check=True)
    finally:
        restored.close()


def make_course(author: Api) -> dict[str, Any]:
    """With one lesson that has a file and an essay, and a picture; as published, and with its `resource`."""
    fields = {
        "title": "Restored",
        "description": "A course that is put away and brought back, with all of its files.",
        "learning_objectives": '["Come back"]',
        "price": "0.00",
        "has_certificate": "true",
    }
    picture = io.BytesIO()
    Image.new("RGB", (1600, 1200), "teal").save(picture, "JPEG")
    course = send(author, "/courses/", fields, thumbnail=("teal.jpg", picture.getvalue()))
    module = author.post("/modules/", {"course": course["id"], "title": "Only module"})
    lesson = author.post(
        "/lessons/", {"module": module["id"], "title": "One", "type": "reading", "content": "Words enough."}
    )
    fields = {"lesson": lesson["id"], "title": "Notes", "type": "document"}
    resource = send(author, "/resources/", fields, file=("notes.pdf", b"%PDF-1.7 kept in the backup"))
    essay = {
        "question_text": "Why is it kept?",
        "question_type": "essay",
        "points": 4,
        "config": {"allow_attachments": True},
    }
    author.post("/assessments/", {"lesson": lesson["id"], "title": "Essay", "questions": [essay], "is_required": False})
    return {**author.put(f"/courses/{course['slug']}/publish/"), "resource": resource}


def attach_an_essay(learner: Api, course: dict[str, Any]) -> dict[str, Any]:
    (essay,) = learner.get("/assessments/", course=course["id"])["results"]
    attempt = learner.post(f"/assessments/{essay['id']}/start/")
    fields = {"attempt_id": attempt["attempt_id"], "question_id": attempt["questions"][0]["id"]}
    return send(learner, "/attempt-answers/", fields, attachment=("essay.pdf", b"%PDF-1.7 an essay"))


def send(api: Api, path: str, fields: dict[str, Any], **files: tuple[str, bytes]) -> dict[str, Any]:
    """A form with a file."""
    answer = httpx.post(f"{api.address}/api{path}", headers=api.headers, data=fields, files=files, timeout=30)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def fetched(url: str, api: Api, path: str) -> bytes:
    answer = httpx.get(f"{url}/api{path}", headers=api.headers, timeout=30)
    assert answer.status_code == 200, (path, answer.text)
    return answer.content
