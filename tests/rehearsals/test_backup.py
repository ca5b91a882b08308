"""A backup is taken while the system works, and another installation is made from it, which works on."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from demo.api import PASSWORD, Api
from shared.runtime.keys import TOKEN_KEY
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
    with Stack() as stack:
        subprocess.run(stack.command("gateway", "demo-accounts"), env=stack.environment("gateway"), check=True)
        guest = Api(stack.url)
        author = guest.log_in("instructor@example.com")
        learner, _ = guest.register("ada@example.com", "Ada", "Lovelace")
        course, lesson = make_course(author)
        enrollment = learner.post(f"/courses/{course['slug']}/enroll/")
        (row,) = learner.get("/progress/", enrollment=enrollment["id"])["results"]
        learner.put(f"/progress/{row['id']}/", {"progress_percentage": 40})
        sent = httpx.post(
            f"{stack.url}/api/lessons/{lesson['id']}/attachments/", headers=author.headers,
            files={"file": ("notes.txt", b"kept in the backup", "text/plain")}, data={"title": "Notes"},
        )  # fmt: skip
        (stack.directory / "files/catalog/marked").write_text(f"attachment: {sent.status_code}")
        run(
            stack, "backup.sh", database_url(stack.database.url, stack.database_name), stack.directory / "files", backup
        )
        keys = {file.name: file.read_bytes() for file in (stack.directory / "keys").iterdir()}
        token = learner.headers["Authorization"]
        guest.close()

    restored = Stack()
    try:
        restored.start_servers()
        for name, content in keys.items():
            (restored.directory / "keys" / name).write_bytes(content)
        assert TOKEN_KEY in keys
        run(
            restored, "restore.sh", backup, database_url(restored.database.url, restored.database_name),
            restored.directory / "files",
        )  # fmt: skip
        restored.migrate()
        restored.start(*SERVICES)
        assert (restored.directory / "files/catalog/marked").exists()
        again = Api(restored.url, token.removeprefix("Token "))
        assert again.get("/progress/", enrollment=enrollment["id"])["results"][0]["progress_percentage"] == "40.00"
        # What goes over the bus still goes: completion is told to certificate, which tells enrollment.
        again.put(f"/progress/{row['id']}/", {"is_completed": True})
        assert wait_until(lambda: bool(again.get("/certificates/")["results"]), 60)
        assert again.log_in("ada@example.com", PASSWORD).headers == {"Authorization": token}
        checked = subprocess.run(
            [*restored.command("enrollment", "recount"), "--check"], env=restored.environment("enrollment"), check=False
        )
        assert checked.returncode == 0
        again.close()
    finally:
        restored.close()


def make_course(author: Api) -> tuple[dict, dict]:  # type: ignore[type-arg]
    body = {
        "title": "Restored",
        "description": "A course that is put away and brought back.",
        "learning_objectives": ["Come back"],
        "price": "0.00",
        "has_certificate": True,
    }
    course = author.post("/courses/", body)
    module = author.post("/modules/", {"course": course["id"], "title": "Only module"})
    lesson = author.post(
        "/lessons/", {"module": module["id"], "title": "One", "type": "reading", "content": "Words enough."}
    )
    return author.put(f"/courses/{course['slug']}/publish/"), lesson
