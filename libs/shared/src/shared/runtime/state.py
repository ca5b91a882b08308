"""Where the local runtime keeps its files, and which ports it may take."""

import fcntl
import hashlib
import os
import random
import secrets
import socket
import stat
from pathlib import Path
from typing import Self

# Unix socket paths end at 107 bytes; "/run/certificate.sock" and a margin come off that.
LONGEST_STATE_DIR = 80

# Below the ephemeral range (32768 and up), where any outgoing connection may sit on a port at any moment.
_PORTS = range(20000, 32000)


class InUse(RuntimeError):
    """Another process works in this directory: `pid`, 0 if unknown."""

    def __init__(self, directory: Path, pid: int) -> None:
        super().__init__(f"{directory} is in use by process {pid or '(unknown)'}")
        self.pid = pid


def checkout() -> Path:
    """The root of the source tree this module was imported from."""
    return Path(__file__).resolve().parents[5]


def state_dir() -> Path:
    """This checkout's state: data, keys, logs, sockets. `SYLLABUS_STATE_DIR`, else a folder under /var/tmp.

    Mode 0711: the servers of a root user run as somebody else and must be able to pass through.
    Raises RuntimeError when the path is too long for Unix sockets or belongs to another user.
    """
    given = os.environ.get("SYLLABUS_STATE_DIR")
    digest = hashlib.sha256(str(checkout()).encode()).hexdigest()[:8]
    path = Path(given).absolute() if given else Path(f"/var/tmp/syllabus-{os.getuid()}-{digest}")  # noqa: S108
    return own_directory(path, 0o711)


def cache_dir() -> Path:
    """What all checkouts of this user share: unpacked packages and copied binaries. Safe to delete.

    `XDG_CACHE_HOME/syllabus`, else a folder under /var/tmp. Always the latter for root, whose own cache the servers'
    user cannot enter, and for a path with blanks, which RabbitMQ's scripts do not quote.
    """
    given = os.environ.get("XDG_CACHE_HOME", "")
    if given.startswith("/") and not any(c.isspace() for c in given) and os.getuid() != 0:
        path = Path(given) / "syllabus"
    else:
        path = Path(f"/var/tmp/syllabus-cache-{os.getuid()}")  # noqa: S108
    return own_directory(path, 0o755)


def own_directory(path: Path, mode: int) -> Path:
    """Create `path` with `mode`, or take it if it is a real directory of this user; RuntimeError otherwise.

    The names under /var/tmp can be guessed: a folder that somebody else put there must not be trusted.
    """
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise RuntimeError(f"{path} is not a directory of this user: remove it or name another place")
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)
    return path


def check_socket_room(directory: Path) -> None:
    """RuntimeError when Unix sockets under `directory`/run would have names too long for the system."""
    if len(os.fsencode(directory)) > LONGEST_STATE_DIR:
        raise RuntimeError(
            f"the state directory {directory} has a longer name than Unix sockets allow "
            f"({LONGEST_STATE_DIR} bytes): set SYLLABUS_STATE_DIR to a shorter one"
        )


def free_port(span: int = 1) -> int:
    """A port on 127.0.0.1 that is free now, together with the `span - 1` ports above it.

    Chosen at random, so that processes asking at the same moment seldom get the same one; whoever binds it must
    still be ready to find it taken. Raises RuntimeError when nothing free is found in 200 tries.
    """
    for _ in range(200):
        base = random.choice(_PORTS[:-span:span])  # noqa: S311
        if all(is_free(port) for port in range(base, base + span)):
            return base
    raise RuntimeError(f"no {span} free ports in a row between {_PORTS.start} and {_PORTS.stop}")


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def kept_secret(path: Path) -> str:
    """A random secret of 32 bytes as base64url text, made at the first call and kept in `path` (mode 0600)."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32).encode())
    return path.read_text()


def write_private(path: Path, content: bytes) -> None:
    """Write `content` to `path` with mode 0600, whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    part.replace(path)


class Hold:
    """A directory held for this process until `close`, or until the process dies, however it dies."""

    def __init__(self, directory: Path) -> None:
        """Raises InUse when another process, or another part of this one, holds `directory`."""
        self._file = (directory / "lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            holder = self._file.read().strip()
            self._file.close()
            raise InUse(directory, int(holder or 0)) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def close(self) -> None:
        # Closing alone would not do: a child that another thread has just forked still has the file open.
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
