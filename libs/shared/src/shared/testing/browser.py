"""A real Chromium for tests, driven by its DevTools protocol."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import connect
from websockets.sync.connection import Connection

LIMIT_S = 30
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WITHOUT = "no Chromium on this machine: pages are not tested in a browser (apt-get install chromium)"


class Browser:
    """A page in Chromium."""

    def __init__(self, page: Connection) -> None:
        self._page = page
        self._number = 0

    def do(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        self._page.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while (answer := json.loads(self._page.recv(LIMIT_S))).get("id") != self._number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def value(self, script: str) -> Any:
        result = self.do("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script: str) -> Any:
        deadline = time.monotonic() + LIMIT_S
        while not (value := self.value(script)):
            assert time.monotonic() < deadline, (script, self.value("document.body.innerText"))
            time.sleep(0.05)
        return value


@contextmanager
def open_browser(folder: Path) -> Iterator[Browser]:
    """Chromium with its profile in an empty folder. Only where `CHROMIUM` is not None."""
    assert CHROMIUM is not None, WITHOUT
    process = subprocess.Popen(  # noqa: S603  (the browser that was found)
        [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server",
         f"--user-data-dir={folder}", "--remote-debugging-port=0", "about:blank"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        told = folder / "DevToolsActivePort"
        deadline = time.monotonic() + LIMIT_S
        while not told.exists() or not told.read_text().strip():
            assert process.poll() is None, "Chromium ended"
            assert time.monotonic() < deadline
            time.sleep(0.05)
        port = told.read_text().split()[0]
        with httpx.Client(trust_env=False) as client:
            pages = client.get(f"http://127.0.0.1:{port}/json").json()
        address = next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
        with connect(address, proxy=None, max_size=None) as page:
            yield Browser(page)
    finally:
        process.terminate()
        process.wait(10)
