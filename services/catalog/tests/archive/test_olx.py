"""A course in OLX as a draft, with its report."""

from collections.abc import Callable, Mapping

import pytest

from catalog.archive import tar
from catalog.archive.__main__ import told
from catalog.archive.draft import LessonDraft, ReadArchive
from catalog.archive.olx import course as olx_course
from catalog.archive.refusal import Refused

Files = Mapping[str, str | bytes]
Read = Callable[[Files], ReadArchive]
Small = dict[str, str | bytes]


def lesson(read: Read, files: Files) -> tuple[LessonDraft, list[str]]:
    """The only lesson, and what the report says of it."""
    archive = read(files)
    return archive.course.lessons()[0], [note.reason for note in archive.report.notes if note.element != "static"]


def vertical(small: Small, inside: str) -> Small:
    return {**small, "vertical/v1.xml": f'<vertical display_name="Electrons">{inside}</vertical>'}


class TestCourse:
    def test_its_facts_are_taken(self, read: Read, small: Small) -> None:
        archive = read(small)
        course = archive.course
        assert (course.title, course.subtitle, course.language) == ("Chemistry", "Matter & more", "en")
        assert course.description.startswith("<h2>About</h2>")
        assert "script" not in course.description
        assert course.learning_objectives == ["Balance equations"]
        assert course.has_certificate
        assert [(module.title, module.order, module.is_published) for module in course.modules] == [("Atoms", 1, False)]
        assert archive.report.model_dump(include={"layout", "modules", "lessons", "resources"}) == {
            "layout": "olx", "modules": 1, "lessons": 1, "resources": 2,
        }  # fmt: skip
        assert [(note.place, note.left_out) for note in archive.report.notes] == [
            ("course/run.xml", True),
            ("static/page.js", True),
        ]

    def test_links_lead_to_resources_however_they_are_written(self, read: Read, small: Small) -> None:
        one, _ = lesson(read, small)
        assert [(each.title, each.type, each.file) for each in one.resources] == [
            ("Table one.pdf", "document", "static/Table one.pdf"),
            ("a b.png", "image", "static/a b.png"),
        ]
        assert one.content.startswith("<h2>Electrons</h2>\n<p>See <a href=")
        assert one.content.count("/file/0/0/download/") == one.content.count("/file/0/1/download/") == 1

    def test_links_lead_to_lessons(self, read: Read, small: Small) -> None:
        links = '<p><a href="/jump_to_id/v1">v</a> <a href="/jump_to_id/gone">g</a></p>'
        one, _ = lesson(read, {**small, "html/h1.html": links})
        assert one.content.count("/lesson/0/") == 1
        assert 'href="#"' in one.content

    def test_a_course_written_out_in_one_file_is_read(self, read: Read) -> None:
        archive = read(
            {
                "course.xml": '<course url_name="r" display_name="All in one"><chapter display_name="One">'
                '<sequential display_name="First"><vertical><html><p>Hello, world</p></html></vertical></sequential>'
                "</chapter></course>"
            }
        )
        assert archive.course.lessons()[0].content == "<p>Hello, world</p>"
        assert {note.element for note in archive.report.notes} == {"description", "learning_info"}

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"course.xml": "<course"}, "sound XML"),
            ({"course.xml": "<library/>"}, "does not lead to a course"),
            ({"html/h1.html": b"\xff"}, "UTF-8"),
            ({"policies/run/policy.json": "{"}, "JSON"),
            ({"policies/run/policy.json": "[" * 100_000}, "JSON"),
            ({"vertical/v1.xml": "<!DOCTYPE x []><vertical/>"}, "document type"),
        ],
    )
    def test_what_is_broken_refuses_all(self, changes: Small, words: str, read: Read, small: Small) -> None:
        with pytest.raises(Refused, match=words):
            read({**small, **changes})

    def test_a_text_without_end_is_refused(self, read: Read, small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tar, "LARGEST_TEXT", 1_000)
        with pytest.raises(Refused, match="1001 bytes; at most 1000 are read"):
            read({**small, "html/h1.html": "x" * 1_001})

    def test_more_text_than_there_is_room_for_is_refused(
        self, read: Read, small: Small, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        archive = read(small)
        assert ReadArchive.model_validate_json(told(archive)) == archive
        monkeypatch.setattr("catalog.archive.__main__.LARGEST_COURSE", 100)
        with pytest.raises(Refused, match="MB of text"):
            told(archive)

    def test_what_leads_back_to_itself_ends(self, read: Read, small: Small) -> None:
        one, notes = lesson(read, vertical(small, '<vertical url_name="v1"/><html><p>Once around</p></html>'))
        assert 1 < one.content.count("Once around") < 20
        assert any("deep" in note for note in notes)

    def test_what_leads_back_to_itself_in_many_ways_is_refused(
        self, read: Read, small: Small, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("catalog.archive.olx.source.MOST_BLOCKS", 1_000)
        with pytest.raises(Refused, match="more than 1000 blocks"):
            read(vertical(small, '<vertical url_name="v1"/>' * 20))

    def test_an_archive_without_a_course_is_refused(self, read: Read) -> None:
        with pytest.raises(Refused, match=r"course\.xml"):
            read({"readme.txt": "hello"})

    @pytest.mark.parametrize(
        "path", ["html/h1.html", "html/h1.xml", "vertical/v1.xml", "sequential/shells.xml", "chapter/one.xml"]
    )
    def test_what_is_missing_is_told(self, path: str, read: Read, small: Small) -> None:
        archive = read({each: content for each, content in small.items() if each != path})
        assert any("not in the archive" in note.reason for note in archive.report.notes)

    def test_hidden_parts_stay_behind(self, read: Read, small: Small) -> None:
        hidden = '<vertical display_name="Answers" visible_to_staff_only="true"><html><p>Secret</p></html></vertical>'
        one, notes = lesson(read, {**small, "vertical/v1.xml": hidden})
        assert "Secret" not in one.content
        assert "Answers" not in one.content
        assert "It is hidden from learners." in notes

    def test_a_course_of_too_many_parts_is_refused(
        self, read: Read, small: Small, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(olx_course, "MOST_LESSONS", 0)
        with pytest.raises(Refused, match="lessons"):
            read(small)


class TestBlocks:
    @pytest.mark.parametrize(
        ("inside", "kept", "words"),
        [
            ("<html><p>Hi<script>alert(1)</script></p></html>", "<p>Hi</p>", "script"),
            ('<html><iframe src="https://e.org/x" title="Sim"></iframe></html>', '<a href="https://e.org/x"', "iframe"),
            ('<html><p onclick="x()">Hi</p></html>', "<p>Hi</p>", None),
            ('<html><p><a href="javascript:x()">Hi</a></p></html>', "<p><a rel=", None),
            ("<poll/>", "", "polls"),
            ("<lti/>", "", "keys"),
            ("<unheard-of/>", "", "nothing like it"),
            ("<discussion/>", "", "Topics"),
            (
                "<annotatable><p>a <annotation title='t'>word</annotation></p></annotatable>",
                "<span>word</span>",
                "beside",
            ),
            ("<library_content max_count='1'><html><p>In the library</p></html></library_content>", "library", "drawn"),
        ],
    )
    def test_each_kind(self, inside: str, kept: str, words: str | None, read: Read, small: Small) -> None:
        one, notes = lesson(read, vertical(small, inside))
        assert kept in one.content
        assert words is None or any(words in note for note in notes)

    def test_the_first_video_is_the_lessons(self, read: Read, small: Small) -> None:
        subtitles = "1\n00:00:01,000 --> 00:00:02,000\nHello <i>there</i>\n\n2\n00:00:03,000 --> 00:00:04,000\n1 < 2\n"
        files = vertical(
            {**small, "static/t-en.srt": subtitles},
            '<video display_name="One" youtube_id_1_0="abcdefghijk"><transcript language="en" src="t-en.srt"/></video>'
            '<video display_name="Two" html5_sources="[&quot;https://e.org/a.mp4&quot;]"/><video/>',
        )
        one, notes = lesson(read, files)
        assert (one.type, one.video_url) == ("video", "https://www.youtube.com/watch?v=abcdefghijk")
        assert one.transcript == "<p>Hello there 1 &lt; 2</p>"
        assert "https://e.org/a.mp4" in one.content
        assert any("neither" in note for note in notes)

    def test_problems_are_the_assessment(self, read: Read, small: Small) -> None:
        choice = (
            '<problem display_name="Rust" max_attempts="2"><p>What rusts?</p><img src="/static/a b.png"/>'
            '<multiplechoiceresponse><choicegroup shuffle="true"><choice correct="true">Iron</choice>'
            '<choice correct="false">Tin</choice></choicegroup></multiplechoiceresponse></problem>'
        )
        one, _ = lesson(read, vertical(small, choice + choice))
        assert one.assessment is not None
        assert one.assessment.rules == {
            "is_required": True, "max_attempts": 2, "passing_score": 60, "randomize_answers": True,
        }  # fmt: skip
        assert [question.order for question in one.assessment.questions] == [1, 2]
        assert one.content.count("see the questions") == one.content.count("<img") == 2
        assert one.type == "quiz"

    def test_dragging_is_matching(self, read: Read, small: Small) -> None:
        data = (
            '{"zones": [{"uid": "u1", "title": "Left"}, {"uid": "u2", "title": "Right"}], "items": ['
            '{"displayName": "One", "zones": ["u1"]}, {"displayName": "Two", "zones": ["u2"]},'
            ' {"displayName": "Three", "zones": []}]}'
        ).replace('"', "&quot;")
        one, _ = lesson(read, vertical(small, f'<drag-and-drop-v2 display_name="Sort them" data="{data}"/>'))
        assert one.assessment is not None
        config = one.assessment.questions[0].config
        assert [(side["id"], side["text"]) for side in config["left"]] == [("z1", "Left"), ("z2", "Right")]
        assert [side["text"] for side in config["right"]] == ["One", "Two", "Three"]
        assert config["mode"] == "one_to_one"

    @pytest.mark.parametrize("data", ["", "[]", "{}", "{&quot;zones&quot;: 1}", "{", "{&quot;items&quot;: [1]}"])
    def test_dragging_that_cannot_be_read_is_told(self, data: str, read: Read, small: Small) -> None:
        one, notes = lesson(read, vertical(small, f'<drag-and-drop-v2 data="{data}"/>'))
        assert one.assessment is None
        assert len(notes) == 2

    def test_work_that_others_assess_is_an_essay(self, read: Read, small: Small) -> None:
        block = (
            '<openassessment file_upload_response="required"><title>Sonnet</title><prompts><prompt>'
            "<description>&lt;p&gt;Write &lt;b&gt;one&lt;/b&gt;.&lt;/p&gt;</description></prompt></prompts>"
            "</openassessment>"
        )
        one, _ = lesson(read, vertical(small, block))
        assert one.assessment is not None
        question = one.assessment.questions[0]
        assert (question.question_type, question.config) == ("essay", {"allow_attachments": True})
        assert question.question_text == "Sonnet\nWrite one."
