"""Files attached to essays."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from assessment.domain.attachments import HEAD, LARGEST_ATTACHMENT, mime_type_of, safe_name
from assessment.files import KEPT_S, Files
from assessment.schedules import sweep_attachments
from shared.contracts.gateway.events import UserErased
from shared.testing import ServiceUnderTest, user

Json = dict[str, Any]
Make = Callable[..., Awaitable[Json]]
Attach = Callable[..., Awaitable[httpx.Response]]
URL = "/api/attempt-answers/"
PDF = b"%PDF-1.7 and so on"


@pytest.fixture
async def begun(make: Make, start: Make, typed: dict[str, Json], questions: list[Json]) -> Json:
    """An essay that takes files, one that does not, and a choice."""
    essay = typed["essay"]
    config = {"allow_attachments": True, "min_words": 2}
    return await start(await make(questions=[essay | {"config": config}, essay, questions[0]], time_limit=10))


@pytest.fixture
def attach(learner: httpx.AsyncClient, begun: Json) -> Attach:
    async def build(content: bytes = PDF, name: str = "essay.pdf", place: int = 0, **fields: Any) -> httpx.Response:
        ids = {"attempt_id": begun["attempt_id"], "question_id": begun["questions"][place]["id"]}
        data = {field: str(value) for field, value in (ids | fields).items()}
        return await learner.post(URL, data=data, files={"attachment": (name, content, "text/html")})

    return build


def stored(service: ServiceUnderTest) -> list[Path]:
    return [path for path in service.settings.files_dir.rglob("*") if path.is_file()]  # type: ignore[attr-defined]


class TestAttaching:
    async def test_keeps_the_file_for_its_owner_and_staff(
        self,
        service: ServiceUnderTest,
        learner: httpx.AsyncClient,
        teacher: httpx.AsyncClient,
        attach: Attach,
        begun: Json,
    ) -> None:
        answer = await attach(text_answer="See file")
        assert answer.status_code == 201, answer.text
        told = {"file_name": "essay.pdf", "mime_type": "application/pdf", "file_size": len(PDF)}
        assert (answer.json()["attachment"], answer.json()["text_answer"]) == (told, "See file")
        path = f"{URL}{answer.json()['id']}/attachment/"
        for client in (learner, teacher, service.client(user(1, "administrator"))):
            file = await client.get(path)
            assert (file.status_code, file.content) == (200, PDF)
            assert file.headers["Content-Type"] == "application/pdf"
            assert file.headers["Content-Disposition"] == 'attachment; filename="essay.pdf"'
            assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert (await service.client(user(8)).get(path)).status_code == 404
        assert (await service.client().get(path)).status_code == 401
        resumed = (await learner.get(f"/api/assessment-attempts/{begun['attempt_id']}/")).json()
        assert resumed["saved_answers"][0]["attachment"] == told

    async def test_is_an_answer_without_text_and_waits_for_a_person(
        self, teacher: httpx.AsyncClient, attach: Attach, complete: Make, begun: Json
    ) -> None:
        assert (await attach()).status_code == 201
        assert (await complete(begun))["status"] == "pending_review"
        (entry,) = (await teacher.get("/api/grading-queue/")).json()["results"]
        assert entry["attachment"]["file_name"] == "essay.pdf"

    async def test_another_takes_its_place_and_an_empty_answer_takes_it_back(
        self, learner: httpx.AsyncClient, attach: Attach, send: Any, begun: Json
    ) -> None:
        await attach()
        replaced = await attach(b"\x89PNG\r\n\x1a\n", "picture.png")
        assert (replaced.status_code, replaced.json()["attachment"]["mime_type"]) == (200, "image/png")
        kept = await send(begun, 0, text_answer="With some words")
        assert kept.json()["attachment"]["file_name"] == "picture.png"
        gone = await send(begun, 0, text_answer="")
        assert gone.json()["attachment"] is None
        assert (await learner.get(f"{URL}{gone.json()['id']}/attachment/")).status_code == 404

    @pytest.mark.parametrize(
        ("content", "place", "field"),
        [
            (b"", 0, "attachment"),
            (b"MZ\x90\x00 a program", 0, "attachment"),
            (b"\xff\xfe\x00\x00", 0, "attachment"),
            (PDF, 1, "attachment"),
            (PDF, 2, "attachment"),
        ],
    )
    async def test_of_what_is_not_taken_is_refused_and_leaves_no_file(
        self, service: ServiceUnderTest, attach: Attach, content: bytes, place: int, field: str
    ) -> None:
        answer = await attach(content, place=place)
        assert (answer.status_code, list(answer.json())) == (400, [field])
        assert stored(service) == []

    async def test_of_too_much_is_refused(self, service: ServiceUnderTest, attach: Attach) -> None:
        assert (await attach(PDF + b"x" * LARGEST_ATTACHMENT)).status_code == 413
        assert (await attach(PDF + b"x" * (LARGEST_ATTACHMENT - len(PDF)))).status_code == 201
        assert len(stored(service)) == 1

    @pytest.mark.parametrize(
        "fields", [{"attempt_id": "x"}, {"question_id": 10**30}, {"response": "{"}, {"attempt_id": 0}]
    )
    async def test_with_wrong_fields_is_refused(self, service: ServiceUnderTest, attach: Attach, fields: Json) -> None:
        answer = await attach(**fields)
        assert (answer.status_code, list(answer.json())) == (400, list(fields))
        assert stored(service) == []

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
    async def test_a_broken_body_is_refused(self, learner: httpx.AsyncClient, body: bytes) -> None:
        answer = await learner.post(URL, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400

    async def test_after_the_end_is_refused(
        self, service: ServiceUnderTest, attach: Attach, pass_time: Callable[..., Awaitable[None]]
    ) -> None:
        await pass_time(minutes=11)
        assert (await attach()).json()["code"] == "ATTEMPT_EXPIRED"
        assert stored(service) == []


class TestSweeping:
    async def test_deletes_what_no_answer_names(
        self, service: ServiceUnderTest, learner: httpx.AsyncClient, attach: Attach
    ) -> None:
        for _ in range(3):
            answer = await attach()
        files = Files(service.settings.files_dir)  # type: ignore[attr-defined]
        await sweep_attachments(service.database, files=files)
        assert len(stored(service)) == 3, "they are new"
        for path in stored(service):
            os.utime(path, (0, time.time() - KEPT_S - 60))
        await asyncio.gather(*(sweep_attachments(service.database, files=files) for _ in range(2)))
        assert len(stored(service)) == 1
        assert (await learner.get(f"{URL}{answer.json()['id']}/attachment/")).content == PDF
        await service.deliver(UserErased(version=2, user_id=7, full_name="", role="student", is_active=False))
        await sweep_attachments(service.database, files=files)
        assert stored(service) == []


@pytest.mark.parametrize(
    ("head", "name", "mime_type"),
    [
        (b"%PDF-1", "x.exe", "application/pdf"),
        (b"\xff\xd8\xff\xe0", "x", "image/jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "x", "image/webp"),
        (b"PK\x03\x04..", "Text.DOCX", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04..", "x.html", "application/zip"),
        ("Grüße\n".encode(), "x.txt", "text/plain"),
        (b"<script>", "x.html", "text/plain"),
        (b"a" * (HEAD - 1) + "é".encode()[:1], "x", "text/plain"),
        ("Gr\u00fc".encode("latin-1"), "x.txt", None),
        (b"\x7fELF", "x.txt", None),
        (b"nul\0", "x.txt", None),
        (b"", "x.txt", None),
    ],
)
def test_what_a_file_is_its_bytes_say(head: bytes, name: str, mime_type: str | None) -> None:
    assert mime_type_of(head, name) == mime_type


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\essay.pdf", "essay.pdf"),
        ('a"b\r\nSet-Cookie: x', "a_b__Set-Cookie_ x"),
        ("\0\ud800", "__"),
        ("...", "attachment"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("Prüfung é.pdf", "Prüfung é.pdf"),
    ],
)
def test_names_are_harmless(sent: str, name: str) -> None:
    assert safe_name(sent) == name
