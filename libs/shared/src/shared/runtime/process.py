"""One child process of the local runtime.

Each child leads its own process group, so that Ctrl-C in a terminal reaches the supervisor alone. Each is ended by the
kernel when its parent dies, even by `kill -9`. Each can be recognised later by pid **and** start time, so that a
recycled pid is never signalled. The last two need Linux; elsewhere they are left out.
"""

import concurrent.futures
import contextlib
import ctypes
import json
import os
import pwd
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGTERM, Signals
from typing import TypedDict

_PR_SET_PDEATHSIG = 1
try:
    _prctl: Callable[..., int] | None = ctypes.CDLL(None).prctl
except AttributeError:
    _prctl = None


class StartFailed(RuntimeError):
    """A child ended or stayed unready; the message says which and holds the end of its log."""


@dataclass(frozen=True)
class Identity:
    """A process that may have ended: its pid, and its start time in clock ticks since boot."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The live process `pid` now, or None if there is none (zombies count as none)."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else cls(pid, int(fields[19]))

    @classmethod
    def read(cls, path: Path) -> "Identity | None":
        """The process recorded in `path` by `write`, or None."""
        try:
            pid, started = json.loads(path.read_text())
        except (OSError, ValueError, TypeError):
            return None
        return cls(int(pid), int(started))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps([self.pid, self.started]))

    def alive(self) -> bool:
        return Identity.of(self.pid) == self

    def end(self, how: Signals = SIGTERM, *, limit: float = 10.0) -> None:
        """End it if it still is the same process: `how`, then after `limit` seconds SIGKILL to its group."""
        if not self.alive():
            return
        _signal(self.pid, how)
        _signal(self.pid, SIGCONT)
        if not wait_until(lambda: not self.alive(), limit):
            _signal(-self.pid, SIGKILL)
            wait_until(lambda: not self.alive(), 5.0)


class Process:
    """A child started by this program. `log` gets its output, anew at each start."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        record: Path,
        directory: Path,
        environment: Mapping[str, str],
        user: pwd.struct_passwd | None = None,
        on_parent_death: Signals = SIGTERM,
    ) -> None:
        """Start `command` in `directory` with exactly `environment`; as `user`, if this is root.

        `record` gets the identity. A process that a killed program left there is ended first, as by its parent's death.
        """
        self.log = log
        if leftover := Identity.read(record):
            leftover.end(on_parent_death)
        with log.open("wb") as output:
            self._popen = start_child(
                lambda: subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd=directory,
                    env=dict(environment),
                    process_group=0,
                    preexec_fn=end_with_parent(on_parent_death),
                    **_credentials(user),
                )
            )
        self.pid = self._popen.pid
        if identity := Identity.of(self.pid):
            identity.write(record)

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative when a signal ended it."""
        return self._popen.poll()

    def send(self, number: Signals) -> None:
        """To this process alone; nothing when it has ended."""
        self._popen.send_signal(number)

    def stop(self, how: Signals = SIGTERM, *, limit: float = 10.0) -> None:
        """Ask with `how`; after `limit` seconds kill the whole group. Fine to repeat."""
        self.ask_to_stop(how)
        try:
            self._popen.wait(limit)
        except subprocess.TimeoutExpired:
            self.kill()

    def ask_to_stop(self, how: Signals = SIGTERM) -> None:
        """Send `how` and do not wait; a frozen process is woken to hear it."""
        self.send(how)
        self.send(SIGCONT)

    def kill(self) -> None:
        """`kill -9` the whole group, and wait for it."""
        _signal(-self.pid, SIGKILL)
        self._popen.wait()

    def tail(self, lines: int = 15) -> str:
        """The last lines of its output."""
        return tail(self.log, lines)


def tail(path: Path, lines: int = 15) -> str:
    """The last `lines` lines of a text file; empty when there is none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 16384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def wait_until(condition: Callable[[], bool], limit: float) -> bool:
    """Ask `condition` every 20 ms, at most for `limit` seconds; whether it came true."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end_with_parent(how: Signals) -> Callable[[], None]:
    """A function for `preexec_fn` that has the kernel send `how` to the child when this program dies."""
    parent = os.getpid()

    def arm() -> None:
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, how.value, 0, 0, 0)
            if os.getppid() != parent:  # it died before the line above
                os._exit(1)

    return arm


def server_user(*names: str) -> pwd.struct_passwd | None:
    """Who runs a server that does not want to be root: the first of `names` that exists. None unless this is root."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in (*names, "nobody"):
        if name in known:
            return known[name]
    raise RuntimeError(f"run as root, and none of the users {', '.join(names)}, nobody exists")


def run(
    command: Sequence[str | Path],
    *,
    directory: Path,
    environment: Mapping[str, str],
    user: pwd.struct_passwd | None = None,
    given: str = "",
    limit: float = 60.0,
) -> str:
    """Run `command` to its end, with `given` to read, and return its output.

    Raises StartFailed with the output when it fails or takes too long.
    """
    try:
        done = subprocess.run(
            command,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=dict(environment),
            timeout=limit,
            text=True,
            errors="replace",
            check=False,
            preexec_fn=end_with_parent(SIGTERM),
            **_credentials(user),
        )
    except OSError as error:
        raise StartFailed(f"{command[0]}: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise StartFailed(f"{' '.join(map(str, command))}: not done after {limit:.0f} s") from error
    if done.returncode:
        raise StartFailed(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout.strip()}")
    return done.stdout


# The kernel ties "when the parent dies" to the *thread* that forked: a child of a short-lived thread would die with it.
_forker = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="forker")


def start_child(start: Callable[[], "subprocess.Popen[bytes]"]) -> "subprocess.Popen[bytes]":
    """Run `start` on a thread that lives as long as this program."""
    if threading.current_thread() is threading.main_thread():
        return start()
    return _forker.submit(start).result()


class _Credentials(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _credentials(user: pwd.struct_passwd | None) -> _Credentials:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _signal(pid: int, number: Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
