"""The peer of `bench/peers/drf`: its virtual environment, its tables and data, and its processes."""

import hashlib
import os
import subprocess
import sys
import venv
from contextlib import suppress
from pathlib import Path
from typing import LiteralString
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg.conninfo import make_conninfo

from shared.runtime.process import Process, StartFailed, wait_until
from shared.runtime.stack import Stack
from shared.runtime.state import cache_dir, free_port, is_free

HOME = Path(__file__).parent / "peers" / "drf"
WORKERS = 2
_TOGETHER = (("courses_module", "course_id"), ("courses_lesson", "module_id"), ("courses_progress", "enrollment_id"))
_CLUSTER: LiteralString = """
    DO $$ BEGIN EXECUTE (
        SELECT format('CLUSTER %s USING %I', indrelid::regclass, relname)
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_attribute ON attrelid = indrelid
        WHERE indrelid = 'drf.{table}'::regclass AND attname = '{column}' AND indkey[0] = attnum AND indisunique
    ); END $$
"""
"""Put a table's rows in the order of its unique index that begins with a column."""


def environment() -> Path:
    """The virtual environment with the peer's pinned packages; made once. Raises StartFailed without an index."""
    pinned = HOME / "requirements.txt"
    folder = cache_dir() / f"drf-{hashlib.sha256(pinned.read_bytes()).hexdigest()[:12]}"
    if not (folder / "made").exists():
        print("making the peer's virtual environment, once ...", flush=True)
        venv.create(folder, clear=True, with_pip=False)
        tool = Path(sys.prefix) / "bin" / "uv"
        into = ["--python", str(folder / "bin" / "python"), "--requirement", str(pinned)]
        attempts = [[sys.executable, "-m", "pip", *into[:2], "install", "--quiet", *into[2:]]]
        if tool.exists():
            attempts.insert(0, [str(tool), "pip", "install", "--quiet", *into])
        for attempt in attempts:
            with suppress(subprocess.CalledProcessError):
                subprocess.run(attempt, check=True)
                (folder / "made").touch()
                break
        else:
            raise StartFailed("the peer's packages could not be installed")
    return folder


class Peer:
    """The peer in the schema `drf` of the stack's own database, so that both have one server and the same data."""

    def __init__(self, stack: Stack) -> None:
        place = urlsplit(stack.database.url)
        self._bin = environment() / "bin"
        self._stack = stack
        self._database = make_conninfo(stack.database.url, dbname=stack.database_name)
        self._settings = os.environ | {
            "PGHOST": place.hostname or "127.0.0.1",
            "PGPORT": str(place.port or 5432),
            "PGUSER": unquote(place.username or "postgres"),
            "PGPASSWORD": unquote(place.password or ""),
            "DRF_DB": stack.database_name,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self._process: Process | None = None
        self.url = ""

    def fill(self, courses: int, users: int) -> None:
        """Make its tables and its data."""
        with psycopg.connect(self._database) as admin:
            admin.execute("CREATE SCHEMA IF NOT EXISTS drf")
        self._manage("migrate", "--verbosity", "0")
        self._manage("seed", "--courses", str(courses), "--users", str(users))
        with psycopg.connect(self._database) as admin:
            for table, column in _TOGETHER:
                admin.execute(_CLUSTER.format(table=table, column=column))

    def start(self) -> None:
        port = free_port()
        command: list[str | Path] = [self._bin / "gunicorn", "--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}"]
        self._process = Process(
            [*command, "--backlog", "2048", "--no-control-socket", "baseline.wsgi:application"],
            log=self._stack.directory / "logs" / "drf.log",
            record=self._stack.directory / "run" / "drf.pid",
            directory=HOME,
            environment=self._settings,
        )
        self.url = f"http://127.0.0.1:{port}"
        if not wait_until(lambda: not is_free(port), 30.0):
            raise RuntimeError(f"the peer did not start\n{self._process.tail()}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def close(self) -> None:
        if self._process is not None:
            self._process.stop()

    def _manage(self, *arguments: str) -> None:
        subprocess.run([self._bin / "python", "manage.py", *arguments], cwd=HOME, env=self._settings, check=True)
