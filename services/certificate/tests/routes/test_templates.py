import asyncio
import io
from typing import Any

import pytest
from PIL import Image as Pillow

from shared.auth import Identity
from shared.contracts.catalog.events import CourseState
from shared.testing import ServiceUnderTest, user

COURSE, INSTRUCTOR = 5, 3
URL = "/api/certificate-templates/"
STAFF = user(INSTRUCTOR, "instructor")
OTHER = user(11, "instructor")
ADMINISTRATOR = user(1, "administrator")


@pytest.fixture
async def taught(certificate: ServiceUnderTest, course: Any) -> None:
    """A course that STAFF teaches and OTHER does not, by copy and by its owner."""
    await certificate.deliver(course())
    certificate.peers.answer("catalog", "/internal/courses/5/", course(CourseState))


def png(colour: str = "blue") -> bytes:
    written = io.BytesIO()
    Pillow.new("RGBA", (300, 100), colour).save(written, "PNG")
    return written.getvalue()


async def make(service: ServiceUnderTest, caller: Identity = STAFF, **values: Any) -> dict[str, Any]:
    answer = await service.client(caller).post(URL, json={"course": COURSE, **values})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def newest(service: ServiceUnderTest) -> dict[str, Any]:
    body = (await service.client(ADMINISTRATOR).get("/api/certificates/")).json()
    shown: dict[str, Any] = body["results"][0]
    return shown


@pytest.mark.usefixtures("taught")
class TestTemplates:
    async def test_an_edit_makes_a_new_version_and_keeps_the_rest(self, certificate: ServiceUnderTest) -> None:
        made = await make(certificate, wording={"heading": "Urkunde"}, language="de", course="sound-statistics")
        assert (made["course"], made["version"], made["logo_url"]) == (COURSE, 1, None)
        url, client = f"{URL}{made['id']}/", certificate.client(STAFF)
        changed = (await client.patch(url, json={"colours": {"accent": "#0B5D7A"}})).json()
        assert (changed["version"], changed["wording"]["heading"]) == (2, "Urkunde")
        assert changed["colours"]["accent"] == "#0b5d7a"
        assert changed["template_version"] != made["template_version"]
        assert (await client.put(url, json={"layout": "modern"})).json()["version"] == 3
        assert (await client.patch(url, json={"layout": "modern"})).json()["version"] == 3
        versions = (await client.get(f"{url}versions/")).json()
        assert [each["version"] for each in versions["results"]] == [3, 2, 1]

    async def test_what_was_issued_keeps_its_version(self, certificate: ServiceUnderTest, issue: Any) -> None:
        made = await make(certificate)
        await issue()
        first = await newest(certificate)
        assert first["template_version"] == made["template_version"]
        pdf_url = first["pdf_url"].removeprefix("http://127.0.0.1:8000")
        client = certificate.client(ADMINISTRATOR)
        before = (await client.get(pdf_url)).content
        assert (await client.patch(f"{URL}{made['id']}/", json={"layout": "minimal"})).status_code == 200
        assert (await client.put(f"{URL}{made['id']}/logo/", files={"file": png()})).status_code == 200
        assert (await client.get(pdf_url)).content == before
        await client.delete(f"{URL}{made['id']}/")
        assert (await client.get(pdf_url)).content == before
        verified = await client.get(
            "/api/certificates/verify/", params={"certificate_number": first["certificate_number"]}
        )
        assert verified.json()["valid"] is True

    async def test_a_reissue_looks_as_the_present_template(self, certificate: ServiceUnderTest, issue: Any) -> None:
        await issue()
        old = await newest(certificate)
        assert old["template_version"] == "1"
        made = await make(certificate)
        answer = await certificate.client(STAFF).post(f"/api/certificates/{old['id']}/reissue/")
        assert answer.json()["template_version"] == made["template_version"]

    async def test_the_course_comes_before_the_default(self, certificate: ServiceUnderTest, issue: Any) -> None:
        default = await make(certificate, ADMINISTRATOR, course=None)
        own = await make(certificate)
        await issue()
        assert (await newest(certificate))["template_version"] == own["template_version"]
        await certificate.client(STAFF).delete(f"{URL}{own['id']}/")
        await issue(8)
        assert (await newest(certificate))["template_version"] == default["template_version"]

    async def test_two_made_at_once_are_one(self, certificate: ServiceUnderTest) -> None:
        client = certificate.client(STAFF)
        answers = await asyncio.gather(*(client.post(URL, json={"course": COURSE}) for _ in range(4)))
        assert sorted(each.status_code for each in answers) == [201, 400, 400, 400]
        assert list(next(each for each in answers if each.status_code == 400).json()) == ["course"]
        default = {"course": None}
        administrator = certificate.client(ADMINISTRATOR)
        answers = await asyncio.gather(*(administrator.post(URL, json=default) for _ in range(3)))
        assert sorted(each.status_code for each in answers) == [201, 400, 400]

    async def test_edits_at_once_are_versions_in_a_row(self, certificate: ServiceUnderTest) -> None:
        made = await make(certificate)
        client = certificate.client(STAFF)
        await asyncio.gather(
            *(client.patch(f"{URL}{made['id']}/", json={"wording": {"heading": f"No. {n}"}}) for n in range(5))
        )
        versions = (await client.get(f"{URL}{made['id']}/versions/")).json()["results"]
        assert [each["version"] for each in versions] == [6, 5, 4, 3, 2, 1]

    async def test_deleted_it_is_gone_and_another_can_be_made(self, certificate: ServiceUnderTest) -> None:
        made = await make(certificate)
        client = certificate.client(STAFF)
        assert (await client.delete(f"{URL}{made['id']}/")).status_code == 204
        for answer in (
            await client.delete(f"{URL}{made['id']}/"),
            await client.get(f"{URL}{made['id']}/"),
            await client.patch(f"{URL}{made['id']}/", json={}),
            await client.get(f"{URL}{made['id']}/preview/"),
            await client.get(f"{URL}{made['id']}/logo/"),
        ):
            assert answer.status_code == 404
        assert (await make(certificate))["id"] != made["id"]

    async def test_the_list_shows_what_may_be_read(self, certificate: ServiceUnderTest) -> None:
        default = await make(certificate, ADMINISTRATOR, course=None)
        own = await make(certificate)
        for caller, ids in (
            (STAFF, [own["id"], default["id"]]),
            (OTHER, [default["id"]]),
            (ADMINISTRATOR, [own["id"], default["id"]]),
        ):
            body = (await certificate.client(caller).get(URL)).json()
            assert ([each["id"] for each in body["results"]], body["count"]) == (ids, len(ids))
        body = (await certificate.client(STAFF).get(URL, params={"course": "sound-statistics", "cursor": ""})).json()
        assert [each["id"] for each in body["results"]] == [own["id"]]


@pytest.mark.usefixtures("taught")
class TestImages:
    async def test_a_logo_is_kept_drawn_and_taken_away(self, certificate: ServiceUnderTest) -> None:
        made = await make(certificate)
        url, client = f"{URL}{made['id']}/", certificate.client(STAFF)
        plain = (await client.get(f"{url}preview/")).content
        changed = (await client.put(f"{url}logo/", files={"file": ("l.png", png(), "image/png")})).json()
        assert (changed["version"], changed["logo_url"].endswith(f"{url}logo/?version=2")) == (2, True)
        shown = await client.get(changed["logo_url"].removeprefix("http://127.0.0.1:8000"))
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/png")
        with_logo = (await client.get(f"{url}preview/")).content
        assert with_logo != plain
        assert (await client.get(f"{url}preview/?version=1")).content == plain
        assert (await client.post(f"{url}preview/", json={})).content == with_logo
        assert (await client.delete(f"{url}logo/")).status_code == 204
        assert (await client.get(f"{url}logo/")).status_code == 404
        assert (await client.get(f"{url}preview/")).content == plain

    async def test_what_is_no_image_is_refused(self, certificate: ServiceUnderTest) -> None:
        made = await make(certificate)
        url, client = f"{URL}{made['id']}/", certificate.client(STAFF)
        for data in (b"<svg onload=alert(1)>", b"", b"\0" * (2 * 1024 * 1024 + 1)):
            answer = await client.put(f"{url}signature/", files={"file": data})
            assert (answer.status_code, list(answer.json())) == (400, ["file"])
        assert (await client.put(f"{url}signature/", json={"file": "x"})).status_code == 400
        assert (await client.put(f"{url}stamp/", files={"file": png()})).status_code == 400


@pytest.mark.usefixtures("taught")
class TestPreview:
    @pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF-1.7")])
    async def test_unsaved_values_are_shown_and_not_kept(
        self, certificate: ServiceUnderTest, kind: str, start: bytes
    ) -> None:
        made = await make(certificate)
        client, parameters = certificate.client(STAFF), {"format": kind, "paper": "letter"}
        saved = await client.get(f"{URL}{made['id']}/preview/", params=parameters)
        unsaved = await client.post(f"{URL}{made['id']}/preview/", params=parameters, json={"layout": "modern"})
        new = await client.post(f"{URL}preview/", params=parameters, json={"layout": "modern"})
        assert saved.content.startswith(start)
        assert unsaved.content == new.content != saved.content
        assert (await client.get(f"{URL}{made['id']}/")).json()["version"] == 1

    async def test_a_preview_is_no_certificate(self, certificate: ServiceUnderTest) -> None:
        pdf = (await certificate.client(STAFF).post(f"{URL}preview/?format=pdf", json={})).content
        answer = await certificate.client().post("/api/certificates/verify/", files={"file": pdf})
        assert (answer.status_code, list(answer.json())) == (400, ["file"])

    async def test_words_are_never_code(self, certificate: ServiceUnderTest) -> None:
        words = ['#panic("x")', '"; #import "/etc/passwd"', "\\ $ <a> *b* @ref", "🎓"]
        for phrase in words:
            wording = {"heading": phrase, "organisation": phrase, "presented": phrase, "signatory": phrase}
            answer = await certificate.client(STAFF).post(f"{URL}preview/?format=pdf", json={"wording": wording})
            assert answer.status_code == 200, (phrase, answer.text)


BAD = [
    ({"language": "xx"}, "language"),
    ({"language": None}, "language"),
    ({"layout": "baroque"}, "layout"),
    ({"layout": 1}, "layout"),
    ({"wording": "x"}, "wording"),
    ({"wording": None}, "wording"),
    ({"wording": {"heading": ""}}, "wording.heading"),
    ({"wording": {"heading": "x" * 61}}, "wording.heading"),
    ({"wording": {"presented": "x\0"}}, "wording.presented"),
    ({"wording": {"presented": ["x"]}}, "wording.presented"),
    ({"colours": {"ink": "red"}}, "colours.ink"),
    ({"colours": {"ink": "#12345"}}, "colours.ink"),
    ({"colours": {"ink": '#"+1}}'}}, "colours.ink"),
    ({"colours": {"ink": "#ffffff"}}, "colours.ink"),
    ({"colours": {"accent": "#fffff0"}}, "colours.accent"),
    ({"colours": []}, "colours"),
]


@pytest.mark.usefixtures("taught")
class TestBadInput:
    @pytest.mark.parametrize(("body", "field"), BAD)
    async def test_is_named(self, certificate: ServiceUnderTest, body: dict[str, Any], field: str) -> None:
        made = await make(certificate)
        client = certificate.client(STAFF)
        for answer in (
            await client.patch(f"{URL}{made['id']}/", json=body),
            await client.post(f"{URL}preview/", json=body),
            await client.post(URL, json={"course": COURSE, **body}),
        ):
            assert (answer.status_code, list(answer.json())) == (400, [field])

    @pytest.mark.parametrize("ref", ["nowhere", 2**63, 2**70, "", "x\0", [5], "99"])
    async def test_a_course_there_must_be(self, certificate: ServiceUnderTest, ref: Any) -> None:
        certificate.peers.answer("catalog", "/internal/courses/", None)
        certificate.peers.answer("catalog", "/internal/courses/99/", None)
        answer = await certificate.client(ADMINISTRATOR).post(URL, json={"course": ref})
        assert (answer.status_code, list(answer.json())) == (400, ["course"])

    @pytest.mark.parametrize("query", ["format=gif", "paper=a5", "version=0", f"version={2**40}", "version=x"])
    async def test_in_queries_too(self, certificate: ServiceUnderTest, query: str) -> None:
        made = await make(certificate)
        answer = await certificate.client(STAFF).get(f"{URL}{made['id']}/preview/?{query}")
        assert (answer.status_code, list(answer.json())) == (400, [query.partition("=")[0]])
        assert (await certificate.client(STAFF).get(f"{URL}{made['id']}/preview/?version=9")).status_code == 404
