"""A large upload passes through the gateway and the catalog, and out again, and neither holds it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.runtime.process import Identity

pytestmark = pytest.mark.stack

MB = 1024 * 1024
SIZE_MB = 64
MOST_GROWTH_MB = 20
PIECE = bytes(MB)
HEAD = b"\0\0\0\x18ftypisom" + bytes(12)


def form(fields: dict[str, str], boundary: str = "part") -> Iterator[bytes]:
    """A multipart body with a video of 64 MB, made as it is sent."""
    for name, value in fields.items():
        yield f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    yield f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n'.encode()
    yield HEAD
    for _ in range(SIZE_MB):
        yield PIECE
    yield f"\r\n--{boundary}--\r\n".encode()


class Memory:
    """How much of the machine processes hold, while something happens: the most, over what it was."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._before = {name: resident(pid) for name, pid in pids.items()}
        self._most = dict(self._before)
        self._pids = pids
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def growth_mb(self) -> dict[str, float]:
        return {name: (most - self._before[name]) / MB for name, most in self._most.items()}

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            for name, pid in self._pids.items():
                self._most[name] = max(self._most[name], resident(pid))


def pid_of(directory: Path, service: str) -> int:
    process = Identity.read(directory / "run" / f"{service}.pid")
    assert process is not None
    return process.pid


def resident(pid: int) -> int:
    """Bytes, without those of shared files."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the process is gone")


def test_neither_process_holds_what_passes_through(system, make_course) -> None:
    course = make_course(system.instructor, lessons=1, quiz=False)
    lesson_id = course["modules"][0]["lessons"][0]["id"]
    fields = {"lesson": str(lesson_id), "title": "A long film", "type": "video"}
    address = f"{system.stack.url}/api/resources/"
    headers = {**system.instructor.headers, "Content-Type": "multipart/form-data; boundary=part"}
    pids = {name: pid_of(system.stack.directory, name) for name in ("gateway", "catalog")}

    with httpx.Client(timeout=120) as client, Memory(pids) as memory:
        answer = client.post(address, content=form(fields), headers=headers)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["mime_type"], made["file_size"]) == ("video/mp4", SIZE_MB * MB + len(HEAD))

        download = f"{address}{made['id']}/download/"
        with client.stream("GET", download, headers=system.instructor.headers) as down:
            assert down.status_code == 200
            assert sum(len(piece) for piece in down.iter_raw()) == made["file_size"]

    assert {name: growth for name, growth in memory.growth_mb().items() if growth > MOST_GROWTH_MB} == {}
    system.instructor.delete(f"/resources/{made['id']}/")
