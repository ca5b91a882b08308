"""The verification pages in a real browser: narrow, by keyboard, on paper, and for those who cannot see them."""

import base64
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import HTMLResponse

from gateway.verify import pages
from gateway.verify.pages import Verification
from shared.testing.browser import CHROMIUM, WITHOUT, Browser, open_browser

AXE = Path(__file__).parent / "axe-core" / "axe.min.js"
NUMBER = "CERT-5-7-20260504120000123"
PHONE = 320
"""CSS pixels: the narrowest phone, and a desktop at 400 %."""
WHEN = datetime(2026, 5, 4, 12, tzinfo=UTC)
TITLE = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft & other long words"


def found(status: str = "active", *, valid: bool = False, reason: str | None = None, **checks: Any) -> Verification:
    return Verification(
        valid=valid, status=status, reason=reason, certificate_number=NUMBER, student_name="Ada Byron",
        course_title=TITLE, completion_date=WHEN, issued_at=WHEN,
        checks={"hash": True, "signature": True, "revocation": True, "log": None} | checks,
    )  # fmt: skip


PAGES: dict[str, HTMLResponse] = {
    "start": pages.start_page(),
    "valid": pages.known_page(found(valid=True), now=WHEN),
    "revoked": pages.known_page(found("revoked", reason="Revoked on 5 May 2026.", revocation=False), now=WHEN),
    "superseded": pages.known_page(found("superseded", reason=f"Replaced by {NUMBER}-2."), now=WHEN),
    "expired": pages.known_page(found("expired", reason="Expired on 5 May 2026."), now=WHEN),
    "tampered": pages.known_page(found(reason="The content was changed.", hash=False, signature=False), now=WHEN),
    "unknown": pages.unknown_page("X" * 50),
    "unknown file": pages.unknown_file_page(),
    "unreadable file": pages.unreadable_page("This is not a PDF.", status=400),
    "unavailable": pages.unavailable_page(NUMBER),
}
KNOWN = ("valid", "revoked", "superseded", "expired", "tampered")
STATES = pytest.mark.parametrize("state", PAGES)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(WITHOUT)
    with open_browser(tmp_path_factory.mktemp("chromium")) as browser:
        browser.do("Page.enable")
        yield browser


@pytest.fixture
def show(chromium: Browser, tmp_path: Path) -> Any:
    def open_page(state: str, *, width: int = 1000, media: str = "screen", scheme: str = "light") -> Browser:
        at = tmp_path / "page.html"
        at.write_bytes(bytes(PAGES[state].body))
        feature = {"name": "prefers-color-scheme", "value": scheme}
        chromium.do("Emulation.setEmulatedMedia", media=media, features=[feature])
        chromium.do("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        chromium.do("Page.navigate", url=at.as_uri())
        chromium.wait(f"document.readyState === 'complete' && location.href === {json.dumps(at.as_uri())}")
        if folder := os.environ.get("SYLLABUS_SCREENSHOTS"):
            _photograph(chromium, Path(folder) / f"{state} {width} {media} {scheme}.png")
        return chromium

    return open_page


def _photograph(browser: Browser, at: Path) -> None:
    at.write_bytes(base64.b64decode(browser.do("Page.captureScreenshot", captureBeyondViewport=True)["data"]))


@STATES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(show: Any, state: str, scheme: str) -> None:
    browser: Browser = show(state, scheme=scheme)
    browser.value(AXE.read_text(encoding="utf-8") + ";1")
    violations = browser.value(
        "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map("
        "one => [one.id, one.help, one.nodes.map(node => node.html)]))"
    )
    assert violations == []


@STATES
def test_a_phone_scrolls_only_downwards(show: Any, state: str) -> None:
    browser: Browser = show(state, width=PHONE)
    assert browser.value("document.documentElement.scrollWidth") <= PHONE


@STATES
def test_the_keyboard_goes_through_it_in_order(show: Any, state: str) -> None:
    browser: Browser = show(state)
    reached = []
    for _ in range(7):
        for kind in ("keyDown", "keyUp"):
            browser.do("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
        reached.append(browser.value("document.activeElement.id || document.activeElement.textContent"))
        assert browser.value("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached == ["Syllabus", "Verify a certificate", "API", "number", "Verify", "file", "Verify the file"]


@pytest.mark.parametrize("state", [state for state in PAGES if state != "start"])
def test_on_paper_there_is_the_verdict_and_no_form(show: Any, state: str) -> None:
    browser: Browser = show(state, media="print")
    visible = "[...document.querySelectorAll('%s')].filter(one => one.offsetParent !== null).length"
    assert browser.value(visible % "form, nav, h2.screen") == 0
    assert browser.value(visible % ".verdict h1") == 1
    assert browser.value(visible % "dd") == (9 if state in KNOWN else 0)
