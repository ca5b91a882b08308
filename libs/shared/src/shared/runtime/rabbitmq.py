"""A RabbitMQ server for this machine: given, the system's, in a container or from Debian's packages, in that order.

The node keeps everything in its own directory, listens on 127.0.0.1 only, and has its own epmd (Erlang's name server),
so any number of nodes can live on one machine.
"""

import glob
import os
import pwd
import shutil
import socket
import struct
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM
from urllib.parse import unquote, urlsplit

from shared.runtime import containers
from shared.runtime.debian import unpacked_rabbitmq
from shared.runtime.process import Process, StartFailed, run, server_user, wait_until
from shared.runtime.server import LocalServer, NoServer, Server
from shared.runtime.state import kept_secret

_USER = "syllabus"
_CTL_LIMIT = 180.0  # seconds; it starts an Erlang node each time
_IMAGE = "rabbitmq:4.2.1"

# Offsets from the AMQP port. rabbitmqctl opens a port of its own while it runs.
_DISTRIBUTION, _EPMD, _CTL = 1, 2, range(3, 10)

_CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
heartbeat = 10
disk_free_limit.absolute = 200MB
vm_memory_high_watermark.absolute = 1GB
log.console = false
log.file.rotation.size = 10485760
log.file.rotation.count = 2
"""


@dataclass(frozen=True)
class Installation:
    """Where the programs are. `erlang` and `libraries` are empty for a system installation."""

    scripts: Path
    origin: str
    erlang: str = ""
    libraries: str = ""

    def environment(self) -> dict[str, str]:
        """What the programs need to find each other."""
        path = os.environ.get("PATH", os.defpath)
        found = {"PATH": f"{self.erlang}:{path}" if self.erlang else path}
        return found | ({"LD_LIBRARY_PATH": self.libraries} if self.libraries else {})


class RabbitMQServer(LocalServer):
    """A RabbitMQ node run by this program."""

    ports = _CTL.stop
    stop_signal = SIGTERM

    def __init__(self, directory: Path, installation: Installation, user: pwd.struct_passwd | None) -> None:
        super().__init__(directory, installation.origin)
        self._installation = installation
        self._user = user
        self._password = kept_secret(directory / "password")
        self._epmd: Process | None = None

    def stop(self) -> None:
        super().stop()
        self._stop_epmd()

    def kill(self) -> None:
        super().kill()
        self._stop_epmd()

    def ctl(self, *arguments: str) -> str:
        return run(
            [self._installation.scripts / "rabbitmqctl", *arguments],
            directory=self.directory,
            environment=self._environment(),
            user=self._user,
            limit=_CTL_LIMIT,
        )

    def _spawn(self) -> Process:
        self._write_files()
        # Had the node to start epmd, it would outlive the node and hold its ports.
        self._epmd = self._child("epmd", ["epmd", "-port", str(self.port + _EPMD), "-address", "127.0.0.1"])
        return self._child("server", [self._installation.scripts / "rabbitmq-server"])

    def _address(self) -> str:
        return f"amqp://{_USER}:{self._password}@127.0.0.1:{self.port}/"

    def _probe(self) -> str:
        # The port answers half a second before the node has finished; its output is begun anew at each start.
        return probe(self.url) or ("" if b"completed with" in self.process.log.read_bytes() else "still starting")

    def _child(self, name: str, command: list[str | Path]) -> Process:
        return Process(
            command,
            log=self.directory / f"{name}.log",
            record=self.directory / f"{name}.pid",
            directory=self.directory,
            environment=self._environment(),
            user=self._user,
            # A frozen node would not hear anything gentler. What it has confirmed is on disk.
            on_parent_death=SIGKILL,
        )

    def _stop_epmd(self) -> None:
        if self._epmd:
            self._epmd.kill()

    def _write_files(self) -> None:
        """The folders, the cookie and the configuration; all belong to the node's user."""
        for name in ("mnesia", "log", "schema", "generated"):
            (self.directory / name).mkdir(exist_ok=True)
        cookie = self.directory / ".erlang.cookie"
        kept_secret(cookie)
        cookie.chmod(0o400)
        configuration = _CONFIGURATION.format(port=self.port, user=_USER, password=self._password)
        (self.directory / "rabbitmq.conf").write_text(configuration)
        (self.directory / "enabled_plugins").write_text("[].\n")
        (self.directory / "environment.conf").touch()
        if self._user:
            for path in (self.directory, *self.directory.iterdir()):
                os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _environment(self) -> dict[str, str]:
        home = self.directory
        loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        return self._installation.environment() | {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "RUNNING_UNDER_SYSTEMD": "true",  # the script then becomes the node, instead of waiting for it
            "RABBITMQ_NODENAME": "syllabus@localhost",
            "RABBITMQ_BASE": str(home),
            "RABBITMQ_MNESIA_BASE": f"{home}/mnesia",
            "RABBITMQ_LOG_BASE": f"{home}/log",
            "RABBITMQ_SCHEMA_DIR": f"{home}/schema",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{home}/generated",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/enabled_plugins",
            "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{home}/advanced.config",
            "RABBITMQ_CONF_ENV_FILE": f"{home}/environment.conf",
            "RABBITMQ_PID_FILE": f"{home}/rabbit.pid",
            "RABBITMQ_DIST_PORT": str(self.port + _DISTRIBUTION),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": loopback,
            "RABBITMQ_CTL_ERL_ARGS": loopback,
            "RABBITMQ_CTL_DIST_PORT_MIN": str(self.port + _CTL.start),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(self.port + _CTL.stop - 1),
            "ERL_EPMD_PORT": str(self.port + _EPMD),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_CRASH_DUMP_SECONDS": "0",
        }


def start_rabbitmq(directory: Path) -> Server:
    """A ready RabbitMQ server; messages and queues in `directory` are kept and used again.

    Raises NoServer when this machine has no way to run one, StartFailed with the end of the log when the server does
    not come up, InUse when another process runs one on `directory`.
    """
    if given := os.environ.get("SYLLABUS_AMQP_URL"):
        if not wait_until(lambda: not probe(given), 30.0):
            raise NoServer(f"SYLLABUS_AMQP_URL is set, but no RabbitMQ server answers: {probe(given)}")
        return Server(given, "SYLLABUS_AMQP_URL")
    directory.mkdir(parents=True, exist_ok=True)
    installation = _installed()
    if installation is None and containers.available():
        return containers.rabbitmq(_IMAGE, directory, probe)
    fault = ""
    if installation is None:
        try:
            installation = _unpacked()
        except StartFailed as error:
            fault = f"\nFetching Debian's packages failed: {error}"
    if installation is None:
        raise NoServer(
            "RabbitMQ was not found. Any of these gives one: a server's address in SYLLABUS_AMQP_URL; a system package "
            "(apt-get install rabbitmq-server); a running container engine; apt-get, which needs a package index "
            f"in reach but no rights, to unpack it into a cache folder.{fault}"
        )
    server = RabbitMQServer(directory, installation, server_user("rabbitmq"))
    server.start()
    return server


def probe(url: str) -> str:
    """Empty when a connection with this user and virtual host is accepted; else why not. Takes 2 s at most."""
    parts = urlsplit(url)
    user, password = unquote(parts.username or "guest"), unquote(parts.password or "guest")
    vhost = unquote(parts.path[1:]) or "/"
    try:
        with socket.create_connection((parts.hostname or "localhost", parts.port or 5672), timeout=2.0) as link:
            link.sendall(b"AMQP\0\0\x09\x01")
            _expect(link, 10, 10)  # start
            login = f"\0{user}\0{password}".encode()
            start_ok = struct.pack(">I", 0) + _short("PLAIN") + struct.pack(">I", len(login)) + login + _short("en_US")
            _send(link, 10, 11, start_ok)
            tune = _expect(link, 10, 30)
            _send(link, 10, 31, tune[:8])  # agree to everything
            _send(link, 10, 40, _short(vhost) + _short("") + b"\0")
            _expect(link, 10, 41)  # open-ok
            _send(link, 10, 50, struct.pack(">HB", 200, 0) + struct.pack(">HH", 0, 0))
            _expect(link, 10, 51)  # close-ok
    except OSError as error:
        return str(error)
    return ""


def _send(link: socket.socket, kind: int, method: int, arguments: bytes) -> None:
    """One AMQP 0-9-1 method frame on channel 0."""
    payload = struct.pack(">HH", kind, method) + arguments
    link.sendall(struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce")


def _expect(link: socket.socket, kind: int, method: int) -> bytes:
    """The arguments of the next frame; ConnectionError when it is another method than this."""
    _, _, size = struct.unpack(">BHI", _read(link, 7))
    payload = _read(link, size + 1)[:-1]
    if struct.unpack(">HH", payload[:4]) != (kind, method):
        raise ConnectionError(f"refused: {payload[4:].decode(errors='replace')}")
    return payload[4:]


def _read(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = link.recv(size - len(data))
        if not part:
            raise ConnectionError("the server closed the connection: not ready, or a wrong user or password")
        data += part
    return data


def _short(text: str) -> bytes:
    data = text.encode()
    return bytes([len(data)]) + data


def _installed() -> Installation | None:
    """The system's own RabbitMQ. Debian's /usr/sbin wrappers are passed by: they insist on user and place."""
    scripts = [Path("/usr/lib/rabbitmq/bin")]
    if on_path := shutil.which("rabbitmq-server"):
        scripts.append(Path(on_path).resolve().parent)
    for folder in scripts:
        if (folder / "rabbitmq-server").exists() and (folder / "rabbitmqctl").exists():
            return Installation(folder, f"{folder}/rabbitmq-server")
    return None


def _unpacked() -> Installation | None:
    root = unpacked_rabbitmq()
    if root is None:
        return None
    return Installation(
        scripts=root / "usr/lib/rabbitmq/bin",
        origin=f"Debian packages in {root}",
        erlang=f"{root}/usr/lib/erlang/bin",
        libraries=":".join(glob.glob(f"{root}/usr/lib/*-linux-*") + glob.glob(f"{root}/lib/*-linux-*")),
    )
