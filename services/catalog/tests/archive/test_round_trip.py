"""Courses in and out through the service: what is exported imports again to the same."""

import io
import tarfile
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from catalog.archive.limits import LARGEST_ARCHIVE
from catalog.queries.awaited import LONGEST_WAIT, awaited_assessments
from catalog.routes import archives
from catalog.schemas.archives import CourseAssessments
from shared.contracts.assessment.content import AnswerContent, AssessmentContent, QuestionContent
from shared.contracts.assessment.events import AssessmentCreated
from shared.contracts.catalog.events import AssessmentImported, CourseCreated
from shared.testing import ServiceUnderTest

Files = Mapping[str, str | bytes]
Pack = Callable[[Files], bytes]
Import = Callable[[bytes], Awaitable[dict[str, Any]]]
OWN = {"id", "slug", "module", "course", "created_date", "updated_date", "creation_method", "versions", "category",
       "instructors", "modules", "lessons"}  # fmt: skip
TYPES = ["video", "reading", "interactive", "quiz", "lab_exercise", "assignment", "discussion"]


async def whole(client: httpx.AsyncClient, ref: int) -> dict[str, Any]:
    """A course with its modules and lessons in full, without what is its alone."""
    course = (await client.get(f"/api/courses/{ref}/")).json()
    return {
        **{name: value for name, value in course.items() if name not in OWN},
        "category": course["category"]["slug"],
        "modules": [
            {
                **{name: value for name, value in module.items() if name not in OWN},
                "lessons": [await lesson_of(client, lesson["id"]) for lesson in module["lessons"]],
            }
            for module in course["modules"]
        ],
    }


async def lesson_of(client: httpx.AsyncClient, lesson_id: int) -> dict[str, Any]:
    lesson = (await client.get(f"/api/lessons/{lesson_id}/")).json()
    return {name: value for name, value in lesson.items() if name not in OWN}


def files_of(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        return {entry.name: opened.extractfile(entry).read() for entry in opened}  # type: ignore[union-attr]


def assessment(lesson_id: int) -> AssessmentContent:
    questions = [
        QuestionContent(
            question_text="Which are prime?",
            question_type="multiple_select",
            order=1,
            points=2,
            explanation="Only by themselves",
            answers=[
                AnswerContent(answer_text="2 < 3 & 3", is_correct=True, order=1, explanation="Yes"),
                AnswerContent(answer_text="4", is_correct=False, order=2),
            ],
        ),
        QuestionContent(question_text="Discuss “π”", question_type="essay", order=2, config={"min_words": 5}),
    ]
    rules = {"passing_score": 55, "is_required": False, "penalty_fraction": 0.25}
    return AssessmentContent(lesson_id=lesson_id, title="Numbers", rules=rules, questions=questions)


def made(course_id: int, content: AssessmentContent) -> AssessmentCreated:
    return AssessmentCreated(
        assessment_id=9,
        course_id=course_id,
        lesson_id=content.lesson_id,
        title=content.title,
        is_required=True,
        passing_score=55,
        questions_count=len(content.questions),
        is_deleted=False,
        version=1,
    )


@pytest.fixture
async def full(teacher: httpx.AsyncClient, admin: httpx.AsyncClient) -> dict[str, Any]:
    """A course with a value in every field and a lesson of each type."""
    await admin.post("/api/categories/", json={"name": "Physics"})
    answer = await teacher.post(
        "/api/courses/",
        json={
            "title": "Motion: “all” of <it>",
            "subtitle": "From rest to speed",
            "description": f"<p>{'All about motion &amp; rest. ' * 4}</p>",
            "category": "physics",
            "price": "99.90",
            "discount_price": "49.00",
            "discount_ends": "2031-05-06T07:08:09Z",
            "requirements": ["Some algebra"],
            "skills": ["Vectors", "日本語"],
            "learning_objectives": ["Compute speeds", "Draw forces"],
            "tags": ["physics", "motion"],
            "target_audience": "<b>Everyone</b> who moves",
            "level": "advanced",
            "language": "pt-BR",
            "has_certificate": True,
        },
    )
    course: dict[str, Any] = answer.json()
    for order in (3, 7):
        module = (
            await teacher.post(
                "/api/modules/",
                json={"course": course["id"], "title": f"Part {order}", "description": "<i>why</i>", "order": order,
                      "is_published": order == 3},
            )
        ).json()  # fmt: skip
        for number, kind in enumerate(TYPES):
            answer = await teacher.post(
                "/api/lessons/",
                json={
                    "module": module["id"],
                    "title": f"Lesson {kind}",
                    "order": 2 * number + 1,
                    "type": kind,
                    "content": f"<p>Full {kind}</p>\n<pre>a\n  b</pre>" if number % 2 else f"Plain {kind} & 1 < 2",
                    "guest_content": "<p>For guests</p>" if number != 1 else None,
                    "registered_content": "<p>For the registered</p>" if number != 2 else "",
                    "access_level": ["guest", "registered", "premium"][number % 3],
                    "is_free_preview": number == 3,
                    "has_lab": number == 4,
                    "video_url": "https://www.youtube.com/watch?v=lVPPPpyUOR4" if number == 0 else "",
                    "transcript": "<p>said</p>" if number == 0 else None,
                    "duration_minutes": 10 + number if number else None,
                },
            )
            assert answer.status_code == 201, answer.text
    answer = await teacher.get(f"/api/courses/{course['id']}/")
    found: dict[str, Any] = answer.json()
    return found


def picture() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (64, 36), "navy").save(content, "PNG")
    return content.getvalue()


class TestFiles:
    async def test_files_and_the_picture_come_back(
        self, catalog: ServiceUnderTest, teacher: httpx.AsyncClient, import_archive: Import, pack: Pack,
        small: dict[str, str | bytes], clear: Any,
    ) -> None:  # fmt: skip
        small["policies/run/policy.json"] = '{"course/run": {"course_image": "logo.png"}}'
        small |= {"static/logo.png": picture(), "static/a b.png": picture()}
        first = (await import_archive(pack(small)))["report"]["course"]["id"]
        path = f"/internal/courses/{first}/assessments/"
        catalog.peers.answer("assessment", path, CourseAssessments([]))
        exported = (await teacher.get(f"/api/courses/{first}/export/")).content
        second = (await import_archive(exported))["report"]["course"]["id"]
        await clear()
        seen = []
        for course_id in (first, second):
            course = (await teacher.get(f"/api/courses/{course_id}/")).json()
            lesson_id = course["modules"][0]["lessons"][0]["id"]
            resources = (await teacher.get(f"/api/resources/?lesson={lesson_id}")).json()["results"]
            content = (await teacher.get(f"/api/lessons/{lesson_id}/")).json()["content"]
            files = [(await teacher.get(f"/api/resources/{one['id']}/download/")).content for one in resources]
            facts = ("title", "type", "order", "file_name", "file_size", "mime_type", "width", "height", "uploaded")
            seen.append(([{name: one[name] for name in facts} for one in resources], files))
            assert all(f'="/api/resources/{one["id"]}/download/"' in content for one in resources)
            assert course["thumbnail"].endswith("/large.webp")
            assert (await teacher.get(urlsplit(course["thumbnail"]).path + "/")).status_code == 200
        assert [one["file_name"] for one in seen[0][0]] == ["Table one.pdf", "a b.png"]
        assert seen[0] == seen[1]
        assert (seen[0][0][1]["width"], seen[0][0][1]["mime_type"], seen[0][1][1]) == (64, "image/png", picture())

    async def test_an_address_that_could_do_harm_refuses_the_archive(
        self, catalog: ServiceUnderTest, teacher: httpx.AsyncClient, import_archive: Import, pack: Pack,
        full: dict[str, Any],
    ) -> None:  # fmt: skip
        lesson = full["modules"][0]["lessons"][0]["id"]
        link = {"lesson": lesson, "title": "More", "type": "link", "url": "https://e.org/a?b=c"}
        assert (await teacher.post("/api/resources/", json=link)).status_code == 201
        path = f"/internal/courses/{full['id']}/assessments/"
        catalog.peers.answer("assessment", path, CourseAssessments([]))
        files = files_of((await teacher.get(f"/api/courses/{full['id']}/export/")).content)
        assert (await import_archive(pack(files)))["report"]["resources"] == 1
        for old, new in ((b"https://e.org/a?b=c", b"javascript:x()"), (b'"order": 1', b'"order": 0')):
            bad = {path: text.replace(old, new) for path, text in files.items()}
            assert "refused" in (await import_archive(pack(bad)))["report"], new


class TestExport:
    async def test_an_export_imported_again_is_the_same_course(
        self, catalog: ServiceUnderTest, teacher: httpx.AsyncClient, full: dict[str, Any], import_archive: Import
    ) -> None:
        lessons = [lesson["id"] for module in full["modules"] for lesson in module["lessons"]]
        content = f'<p><a href="/api/lessons/{lessons[3]}/#top">next</a> <a href="/api/lessons/999999/">?</a></p>'
        await teacher.patch(f"/api/lessons/{lessons[0]}/", json={"content": content})
        tests = [assessment(lessons[0]), assessment(lessons[9])]
        catalog.peers.answer("assessment", f"/internal/courses/{full['id']}/assessments/", CourseAssessments(tests))
        exported = await teacher.get(f"/api/courses/{full['slug']}/export/")
        assert exported.status_code == 200
        assert exported.headers["content-type"] == "application/gzip"

        job = await import_archive(exported.content)
        assert job["state"] == "completed", job
        assert job["report"]["layout"] == "syllabus"
        assert (job["report"]["notes"], job["report"]["assessments"], job["report"]["questions"]) == ([], 2, 4)
        copy_id = job["report"]["course"]["id"]
        [first] = [event for event in await catalog.events(CourseCreated) if event.course_id == copy_id]
        copies = [lesson.lesson_id for module in first.modules for lesson in module.lessons]
        before, after = await whole(teacher, full["id"]), await whole(teacher, copy_id)
        linked = after["modules"][0]["lessons"][0]
        linked["content"] = linked["content"].replace(f"lessons/{copies[3]}/", f"lessons/{lessons[3]}/")
        assert after == before
        told = await catalog.events(AssessmentImported)
        assert [event.assessment for event in told] == [
            test.model_copy(update={"lesson_id": copies[place]}) for test, place in zip(tests, (0, 9), strict=True)
        ]
        assert {event.version for event in told} == {first.version}

    async def test_the_export_of_an_import_has_the_same_bytes(
        self, catalog: ServiceUnderTest, teacher: httpx.AsyncClient, full: dict[str, Any], import_archive: Import
    ) -> None:
        lessons = [lesson["id"] for module in full["modules"] for lesson in module["lessons"]]
        tests, exported = [assessment(lessons[0]), assessment(lessons[9])], []
        sent = {"lesson": str(lessons[2]), "title": "Picture", "type": "image"}
        answer = await teacher.post("/api/resources/", data=sent, files={"file": ("Ä b.PNG", picture())})
        content = (
            f'<img src="/api/resources/{answer.json()["id"]}/download/"> <a href="/api/lessons/{lessons[5]}/">?</a>'
        )
        await teacher.patch(f"/api/lessons/{lessons[2]}/", json={"content": content})
        large = io.BytesIO()
        Image.effect_noise((1600, 900), 80).convert("RGB").save(large, "JPEG")
        await teacher.patch(f"/api/courses/{full['id']}/", files={"thumbnail": ("a.jpg", large.getvalue())})
        course_id = full["id"]
        for _ in range(2):
            catalog.peers.answer("assessment", f"/internal/courses/{course_id}/assessments/", CourseAssessments(tests))
            exported.append((await teacher.get(f"/api/courses/{course_id}/export/")).content)
            course_id = (await import_archive(exported[-1]))["report"]["course"]["id"]
            tests = [event.assessment for event in await catalog.events(AssessmentImported)]
        assert files_of(exported[0]) == files_of(exported[1])
        assert exported[0] == exported[1]
        assert "static/thumbnail.webp" in files_of(exported[0])

    async def test_assessments_that_are_on_their_way_are_waited_for(
        self, catalog: ServiceUnderTest, teacher: httpx.AsyncClient, full: dict[str, Any], import_archive: Import
    ) -> None:
        tests = [assessment(full["modules"][0]["lessons"][0]["id"])]
        catalog.peers.answer("assessment", f"/internal/courses/{full['id']}/assessments/", CourseAssessments(tests))
        archive = (await teacher.get(f"/api/courses/{full['id']}/export/")).content
        copy_id = (await import_archive(archive))["report"]["course"]["id"]
        [told] = await catalog.events(AssessmentImported)
        await self.waits_for(catalog, teacher, copy_id, told.assessment)

        await catalog.deliver(made(copy_id, told.assessment))
        clone = (await teacher.post(f"/api/courses/{copy_id}/clone/")).json()
        first = clone["modules"][0]["lessons"][0]["id"]
        await self.waits_for(catalog, teacher, clone["id"], told.assessment.model_copy(update={"lesson_id": first}))
        without = (await teacher.post(f"/api/courses/{copy_id}/clone/", json={"copy_assessments": False})).json()
        catalog.peers.answer("assessment", f"/internal/courses/{without['id']}/assessments/", CourseAssessments([]))
        assert (await teacher.get(f"/api/courses/{without['id']}/export/")).status_code == 200

    async def waits_for(
        self, catalog: ServiceUnderTest, teacher: httpx.AsyncClient, course_id: int, wanted: AssessmentContent
    ) -> None:
        """Until their owner tells of them, or deleted them, or did not make them for long."""
        path, url = f"/internal/courses/{course_id}/assessments/", f"/api/courses/{course_id}/export/"
        catalog.peers.answer("assessment", path, CourseAssessments([]))
        answer = await teacher.get(url)
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert "Retry-After" in answer.headers
        now = datetime.now(UTC)
        async with catalog.database.reading() as session:
            assert await awaited_assessments(session, course_id, now=now) == {wanted.lesson_id}
            assert await awaited_assessments(session, course_id, now=now + LONGEST_WAIT) == set()
        catalog.peers.answer("assessment", path, CourseAssessments([wanted]))
        assert (await teacher.get(url)).status_code == 200

    async def test_others_can_read_it_as_olx(
        self, catalog: ServiceUnderTest, teacher: httpx.AsyncClient, full: dict[str, Any], import_archive: Import,
        pack: Pack,
    ) -> None:  # fmt: skip
        lesson = full["modules"][0]["lessons"][0]["id"]
        path = f"/internal/courses/{full['id']}/assessments/"
        catalog.peers.answer("assessment", path, CourseAssessments([assessment(lesson)]))
        exported = files_of((await teacher.get(f"/api/courses/{full['id']}/export/")).content)
        olx = {path: content for path, content in exported.items() if not path.startswith("syllabus")}
        report = (await import_archive(pack(olx)))["report"]
        assert (report["layout"], report["modules"], report["lessons"]) == ("olx", 2, 14)
        assert (report["videos"], report["questions"], report["notes"]) == (2, 1, [])
        copy = await whole(teacher, report["course"]["id"])
        assert copy["title"] == full["title"]
        assert copy["learning_objectives"] == full["learning_objectives"]
        assert [one["title"] for one in copy["modules"]] == ["Part 3", "Part 7"]

    async def test_without_the_owner_of_the_assessments_there_is_none(
        self, teacher: httpx.AsyncClient, full: dict[str, Any]
    ) -> None:
        answer = await teacher.get(f"/api/courses/{full['id']}/export/")
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")

    @pytest.mark.parametrize(("who", "status"), [("guest", 401), ("student", 403), ("colleague", 404)])
    async def test_only_its_staff_has_it(
        self, who: str, status: int, full: dict[str, Any], request: pytest.FixtureRequest
    ) -> None:
        client: httpx.AsyncClient = request.getfixturevalue(who)
        assert (await client.get(f"/api/courses/{full['id']}/export/")).status_code == status

    async def test_what_does_not_exist_is_not_found(self, teacher: httpx.AsyncClient) -> None:
        for ref in ("999", "nothing", "9" * 30, "a%00b"):
            assert (await teacher.get(f"/api/courses/{ref}/export/")).status_code == 404


class TestImport:
    async def test_a_course_comes_as_a_draft_with_its_files(
        self, catalog: ServiceUnderTest, teacher: httpx.AsyncClient, import_archive: Import, pack: Pack,
        small: dict[str, str | bytes],
    ) -> None:  # fmt: skip
        job = await import_archive(pack(small))
        assert (job["state"], job["results"][0]["status"]) == ("completed", "succeeded"), job
        found = (await teacher.get(f"/api/courses/{job['report']['course']['slug']}/")).json()
        assert (found["is_draft"], found["creation_method"], found["title"]) == (True, "import", "Chemistry")
        assert [(one["id"], one["is_lead"]) for one in found["instructors"]] == [(7, True)]
        lesson = found["modules"][0]["lessons"][0]
        assert lesson["resources_count"] == 2
        content = (await teacher.get(f"/api/lessons/{lesson['id']}/")).json()["content"]
        assert content.count('="/api/resources/') == 2
        assert (await teacher.put(f"/api/courses/{found['id']}/publish/")).status_code == 200

    async def test_a_refused_archive_leaves_nothing_behind(
        self, catalog: ServiceUnderTest, teacher: httpx.AsyncClient, import_archive: Import, pack: Pack,
        small: dict[str, str | bytes], tmp_path: Path, clear: Any, monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        """Each kind of refusal once; all that is refused is in the tests of `tar`, `xml` and `olx`."""
        (tmp_path / "temp").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
        hostile = {
            "sound gzip": b"nothing",
            "cut off": pack(small)[:-40],
            "lead out": pack({**small, "../../outside": "x"}),
            "grows more than": pack({**small, "static/zeros": bytes(60_000_000)}),
            "course.xml": pack({"readme": "x"}),
            "document type": pack({**small, "chapter/one.xml": '<!DOCTYPE a [<!ENTITY x "y">]><chapter/>'}),
        }
        for words, archive in hostile.items():
            job = await import_archive(archive)
            [result] = job["results"]
            assert (job["state"], result["status"]) == ("failed", "failed")
            assert job["message"].startswith("The archive was refused.")
            assert words in job["report"]["refused"]["reason"]
            assert job["report"]["refused"]["reason"] in result["error"]
        assert (await teacher.get("/api/courses/?is_draft=true")).json()["count"] == 0
        assert await catalog.events() == []
        await clear()
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
        assert list((tmp_path / "temp").iterdir()) == []

    async def test_two_of_the_same_are_two_courses(
        self, import_archive: Import, pack: Pack, small: dict[str, str | bytes]
    ) -> None:
        slugs = [(await import_archive(pack(small)))["report"]["course"]["slug"] for _ in range(2)]
        assert slugs == ["chemistry", "chemistry-2"]

    @pytest.mark.parametrize(("who", "status"), [("guest", 401), ("student", 403), ("admin", 202)])
    async def test_instructors_import(
        self, who: str, status: int, catalog: ServiceUnderTest, request: pytest.FixtureRequest
    ) -> None:
        client: httpx.AsyncClient = request.getfixturevalue(who)
        answer = await client.post("/api/courses/import/", files={"file": ("a.tar.gz", b"x")})
        assert answer.status_code == status

    async def test_a_body_without_an_archive_is_refused(self, teacher: httpx.AsyncClient) -> None:
        for body in ({"json": {}}, {"files": {"file": ("a", b"")}}, {"files": {"other": ("a", b"x")}}, {"json": []}):
            answer = await teacher.post("/api/courses/import/", **body)  # type: ignore[arg-type]
            assert answer.status_code == 400, body

    async def test_an_archive_that_is_too_large_is_refused_while_it_arrives(
        self, teacher: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(archives, "LARGEST_ARCHIVE", 1_000_000)
        answer = await teacher.post("/api/courses/import/", files={"file": ("a", bytes(1_500_000))})
        assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

    async def test_only_who_started_it_sees_the_job(
        self, colleague: httpx.AsyncClient, admin: httpx.AsyncClient, import_archive: Import
    ) -> None:
        url = f"/api/jobs/{(await import_archive(b'x'))['id']}/"
        assert (await colleague.get(url)).status_code == 404
        assert (await admin.get(url)).status_code == 200

    def test_the_limit_is_as_documented(self) -> None:
        assert LARGEST_ARCHIVE == 200 * 1024 * 1024
