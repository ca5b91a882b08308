from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from gateway.verify.pages import Verification
from shared.testing import ServiceUnderTest

PATH = "/api/certificates/verify/"
NUMBER = "CERT-5-7-20260504120000123"


def _certificate(**changes: Any) -> Verification:
    return Verification(
        **{
            "valid": True,
            "status": "active",
            "certificate_number": NUMBER,
            "student_name": "Ada Byron",
            "course_title": "Notes on the Engine",
            "completion_date": datetime(2026, 5, 4, 12, tzinfo=UTC),
            "issued_at": datetime(2026, 5, 4, 12, tzinfo=UTC),
            "checks": {"hash": True, "signature": True, "revocation": True, "log": None},
        }
        | changes
    )


class _Outline(HTMLParser):
    """Headings, shapes and attributes of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.heading = ""
        self._inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag == "h1"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.heading += data

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "h1"


class TestVerdicts:
    async def test_valid(self, door: httpx.AsyncClient, gateway: ServiceUnderTest) -> None:
        gateway.peers.answer("certificate", PATH, _certificate())
        answer = await door.get(f"/verify/{NUMBER}")
        assert answer.status_code == 200
        assert _Outline(answer.text).heading == "Valid"
        for fact in ("Ada Byron", "Notes on the Engine", "4 May 2026", NUMBER, "Signature", "Genuine", "Not checked"):
            assert fact in answer.text
        assert gateway.peers.asked == [("certificate", PATH, {"certificate_number": NUMBER})]

    async def test_not_valid_says_why(self, door: httpx.AsyncClient, gateway: ServiceUnderTest) -> None:
        gateway.peers.answer(
            "certificate", PATH, _certificate(valid=False, status="revoked", reason="Revoked on 5 May 2026.")
        )
        answer = await door.get(f"/verify/{NUMBER}/")
        assert answer.status_code == 200
        assert _Outline(answer.text).heading == "Revoked"
        assert "Revoked on 5 May 2026." in answer.text

    @pytest.mark.parametrize(
        ("changes", "heading"),
        [
            ({"status": "revoked"}, "Revoked"),
            ({"status": "superseded"}, "Superseded"),
            ({"status": "expired"}, "Expired"),
            ({"status": "active", "checks": {"hash": False, "signature": False}}, "Tampered with"),
            ({"status": "revoked", "checks": {"hash": True, "signature": False}}, "Tampered with"),
            ({"status": "active", "checks": {"hash": True, "signature": True, "log": False}}, "Tampered with"),
            ({"status": "revoked", "checks": {"hash": None, "signature": None, "log": True}}, "Revoked"),
            ({"status": "suspended"}, "Not valid"),
        ],
    )
    async def test_each_state_is_told_apart(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, changes: dict[str, Any], heading: str
    ) -> None:
        gateway.peers.answer("certificate", PATH, _certificate(valid=False, reason="So.", **changes))
        assert _Outline((await door.get(f"/verify/{NUMBER}")).text).heading == heading

    @pytest.mark.parametrize("status", ["active", "revoked", "expired", "superseded"])
    async def test_what_was_tampered_with_is_given_no_status(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, status: str
    ) -> None:
        gateway.peers.answer(
            "certificate", PATH, _certificate(valid=False, status=status, reason="So.", checks={"hash": False})
        )
        page = (await door.get(f"/verify/{NUMBER}")).text
        main = page[page.index("<main>") :].lower()
        assert status not in main
        assert "what is on record" in main
        assert "certifies" not in main

    async def test_unknown(self, door: httpx.AsyncClient, gateway: ServiceUnderTest) -> None:
        gateway.peers.answer("certificate", PATH, None)
        answer = await door.get(f"/verify/{NUMBER}")
        assert (answer.status_code, _Outline(answer.text).heading) == (404, "Unknown")

    async def test_a_service_that_is_down_is_no_verdict(self, door: httpx.AsyncClient) -> None:
        answer = await door.get(f"/verify/{NUMBER}")
        assert (answer.status_code, _Outline(answer.text).heading) == (503, "Not verified")
        assert answer.headers["Retry-After"]

    async def test_they_differ_in_shape_too(self, door: httpx.AsyncClient, gateway: ServiceUnderTest) -> None:
        pages = [(await door.get(f"/verify/{NUMBER}")).text]
        bad = [_certificate(valid=False, status=each) for each in ("revoked", "superseded", "expired")]
        tampered = _certificate(valid=False, checks={"hash": False})
        for found in (_certificate(), *bad, tampered, None):
            gateway.peers.answer("certificate", PATH, found)
            pages.append((await door.get(f"/verify/{NUMBER}")).text)
        shapes = {page[page.index("<svg") : page.index("</svg>")] for page in pages}
        assert len(shapes) == 7

    @pytest.mark.parametrize("number", ["CERT%201", "x" * 51, "%3Cscript%3E", "a.b", "%C3%A4"])
    async def test_what_can_be_no_number_is_unknown_without_asking(
        self, door: httpx.AsyncClient, gateway: ServiceUnderTest, number: str
    ) -> None:
        answer = await door.get(f"/verify/{number}")
        assert (answer.status_code, _Outline(answer.text).heading) == (404, "Unknown")
        assert "<script" not in answer.text
        assert gateway.peers.asked == []


class TestForm:
    @pytest.mark.parametrize("path", ["/verify", "/verify/"])
    async def test_is_there(self, door: httpx.AsyncClient, path: str) -> None:
        answer = await door.get(path)
        assert answer.status_code == 200
        tags = _Outline(answer.text).tags
        assert ("form", {"action": "/verify/", "method": "get"}) in tags
        labelled = {attributes.get("for") for tag, attributes in tags if tag == "label"}
        assert {attributes["id"] for tag, attributes in tags if tag == "input"} <= labelled

    async def test_leads_to_the_certificates_own_address(self, door: httpx.AsyncClient) -> None:
        answer = await door.get("/verify/", params={"certificate_number": f" {NUMBER} "})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/verify/{NUMBER}")

    @pytest.mark.parametrize("typed", ["//evil.example", "a/b", "\r\nX: y", "ä", "..", ".", "x" * 5000])
    async def test_leads_nowhere_else(self, door: httpx.AsyncClient, typed: str) -> None:
        answer = await door.get("/verify/", params={"certificate_number": typed})
        assert answer.status_code == 303
        location = answer.headers["location"]
        assert location.startswith("/verify/")
        assert "/" not in location.removeprefix("/verify/")
        assert len(location) < 700

    async def test_blank_is_the_form_again(self, door: httpx.AsyncClient) -> None:
        answer = await door.get("/verify/?certificate_number=%20")
        assert (answer.status_code, _Outline(answer.text).heading) == (200, "Verify a certificate")


class TestSafety:
    async def test_what_a_certificate_says_is_text(self, door: httpx.AsyncClient, gateway: ServiceUnderTest) -> None:
        evil = '"><script>alert(1)</script>{0}<b>'
        gateway.peers.answer(
            "certificate",
            PATH,
            _certificate(
                valid=False, reason=evil, student_name=evil, course_title=evil, status=evil, checks={evil: evil}
            ),
        )
        page = (await door.get(f"/verify/{NUMBER}")).text
        assert "<script" not in page
        assert "<b>" not in page
        assert "{0}&lt;b&gt;" in page

    async def test_nothing_is_loaded_run_or_framed(self, door: httpx.AsyncClient) -> None:
        answer = await door.get("/verify/")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"

    async def test_pages_are_whole(self, door: httpx.AsyncClient) -> None:
        page = (await door.get("/verify/")).text
        assert page.startswith('<!doctype html>\n<html lang="en">')
        tags = [tag for tag, _ in _Outline(page).tags]
        for once in ("title", "main", "h1", "header"):
            assert tags.count(once) == 1
