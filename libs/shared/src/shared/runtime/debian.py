"""Programs out of Debian's own packages, fetched and unpacked without installing anything and without being root."""

import fcntl
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from shared.runtime.process import StartFailed, run
from shared.runtime.state import cache_dir

_ENVIRONMENT = {"PATH": os.defpath + ":/usr/sbin:/sbin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
_DOWNLOAD_LIMIT = 300.0  # seconds

# What stays of its many plugins: the first is part of the broker itself, the second splits one queue into several.
_PLUGINS = ("rabbitmq_prelaunch-", "rabbitmq_consistent_hash_exchange-")

# Loaded from another folder than the system's own loader, this one breaks every program.
_NEVER_UNPACK = {"libc6"}


def unpacked_rabbitmq() -> Path | None:
    """The root folder of the unpacked packages, fetched on the first call (34 MB). None where there is no apt.

    Safe to call from several processes at once. Raises StartFailed with apt's words when fetching fails.
    """

    def adapt(part: Path, target: Path) -> None:
        _relocate(part, target)
        _drop_plugins(part)

    return _unpacked("rabbitmq", "rabbitmq-server", "RabbitMQ", "34 MB", adapt)


def unpacked_wrk() -> Path | None:
    """As `unpacked_rabbitmq`, with the load generator wrk (less than 1 MB)."""
    return _unpacked("wrk", "wrk", "wrk", "1 MB", lambda part, target: None)


def _unpacked(name: str, package: str, title: str, size: str, adapt: Callable[[Path, Path], None]) -> Path | None:
    """`package` and what it needs, in a folder of the cache; `adapt` is given the new folder, and its later place."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return None
    release = platform.freedesktop_os_release()
    target = cache_dir() / f"{name}-{release['ID']}-{release.get('VERSION_CODENAME', 'unstable')}-{platform.machine()}"
    if target.exists():
        return target
    with _alone(target.with_suffix(".lock")):
        if not target.exists():
            print(f"fetching {title} from the system's package index, once ({size}) ...", flush=True)
            part = target.with_suffix(".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            for file in _fetch(package, part):
                _run(["dpkg-deb", "--extract", str(file), str(part)], part)
                file.unlink()
            adapt(part, target)
            part.rename(target)
    return target


def _fetch(package: str, folder: Path) -> list[Path]:
    """Download `package` and what this machine lacks of its dependencies; first with the system's package lists."""
    try:
        return _download(package, folder, [])
    except StartFailed:  # no lists yet, or lists that are older than the mirror
        private = _private_lists(folder.with_suffix(".apt"))
        _run(["apt-get", "update", "--quiet", *private], folder)
        return _download(package, folder, private)


def _download(package: str, folder: Path, options: Sequence[str]) -> list[Path]:
    plan = _run(["apt-get", "install", "--simulate", "--no-install-recommends", *options, package], folder)
    names = set(re.findall(r"^Inst (\S+)", plan, re.MULTILINE)) - _NEVER_UNPACK
    if package not in names:
        raise StartFailed(f"apt-get does not plan to install {package}:\n{plan}")
    _run(["apt-get", "download", "--quiet", *options, *sorted(names)], folder)
    return sorted(folder.glob("*.deb"))


def _private_lists(folder: Path) -> list[str]:
    """Options that have apt keep its lists and caches in `folder`, so that anybody can bring them up to date."""
    for part in ("state/lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    values = {
        "Dir::State": folder / "state",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",  # none: the folder belongs to whoever runs this
    }
    return [f"--option={name}={value}" for name, value in values.items()]


def _relocate(root: Path, home: Path) -> None:
    """Have the scripts in `root` look under `home`, their later place, for what the package installs under /usr/lib."""
    for script in (root / "usr/lib/erlang/bin").iterdir():
        if script.is_file() and script.read_bytes().startswith(b"#!"):
            text = script.read_text()
            script.write_text(text.replace("=/usr/lib/erlang", f"={home}/usr/lib/erlang"))


def _drop_plugins(root: Path) -> None:
    """Remove the other plugins. Erlang looks for each module in every folder: this saves 2 s at each start."""
    for folder in root.glob("usr/lib/rabbitmq/lib/*/plugins/rabbitmq_*"):
        if not folder.name.startswith(_PLUGINS):
            shutil.rmtree(folder)


def _run(command: Sequence[str], folder: Path) -> str:
    passed = {name: value for name, value in os.environ.items() if name.lower().endswith(("_proxy", "tmpdir"))}
    return run(command, directory=folder, environment=_ENVIRONMENT | passed, limit=_DOWNLOAD_LIMIT)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time through; the others wait."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
