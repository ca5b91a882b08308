"""A lesson in the making: what the blocks of a sequential add to it."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote

from catalog.archive.draft import AssessmentDraft, LessonDraft, Report, ResourceDraft
from catalog.archive.html import body, lost_tags
from catalog.archive.limits import MOST_RESOURCES_OF_LESSON
from catalog.archive.links import file_link
from catalog.archive.olx.source import Source
from catalog.archive.resources import check_file, type_of
from catalog.archive.statics import static_name
from catalog.archive.words import cut, line, paragraph
from catalog.domain.choices import LessonType
from catalog.schemas.lessons import LONGEST_CONTENT, SHORTEST_CONTENT
from shared.contracts.assessment.content import QuestionContent

MOST_QUESTIONS = 200
UNLIMITED_ATTEMPTS = 1_000
_JUMP = re.compile(r"(?:https?://[^/]+)?/?(?:courses/[^/]+/)?jump_to(?:_id)?/(?:.*[@/])?([\w.-]+)/?(#[\w-]*)?")
_NOTHING = paragraph("There is no text in this lesson.")


@dataclass
class Settings:
    """What holds for all lessons of a course. `passing_score` is a percentage, `token` that of the links."""

    token: str
    language: str = "en"
    passing_score: int | None = None


@dataclass
class LessonInMaking:
    source: Source
    report: Report
    settings: Settings
    number: int
    title: str
    is_graded: bool = False
    parts: list[str] = field(default_factory=list)
    resources: list[ResourceDraft] = field(default_factory=list)
    questions: list[QuestionContent] = field(default_factory=list)
    attempts: set[int | None] = field(default_factory=set)
    shuffles: bool = False
    has_discussion: bool = False
    video_url: str = ""
    transcript: str = ""
    length: int = 0

    def note(self, place: str, element: str, reason: str, *, left_out: bool = True) -> None:
        self.report.note(place, element, reason, left_out=left_out)

    def add_markup(self, markup: str, place: str, element: str = "html") -> None:
        """Add HTML from the archive, made safe."""
        if lost := ", ".join(lost_tags(markup)):
            self.note(place, element, f"Not kept as they are, because they could run or load something: {lost}.",
                      left_out=False)  # fmt: skip
        self.add(body(markup, lambda address: self.address(address, place)), place, element)

    def add(self, html: str, place: str, element: str) -> None:
        """Add safe HTML, as far as there is room."""
        if self.length + len(html) + 1 > LONGEST_CONTENT:
            self.note(place, element, f"The lesson would be longer than {LONGEST_CONTENT} characters.")
        elif html:
            self.parts.append(html)
            self.length += len(html) + 1

    def address(self, address: str, place: str) -> str:
        """Where a link leads in the course: to a resource, a lesson, or where it led before."""
        if name := static_name(address):
            number = self.resource(name, place)
            return "#" if number is None else self.download(number)
        if jump := _JUMP.fullmatch(unquote(address)):
            return f"/{self.settings.token}/block/{jump[1]}/{jump[2] or ''}"
        return address

    def download(self, resource: int) -> str:
        """The link to the file of a resource of the lesson."""
        return file_link(self.settings.token, self.number, resource) + "download/"

    def resource(self, name: str, place: str) -> int | None:
        """The number of the resource that a static file is in this lesson; None when it cannot be one."""
        path = self.source.statics.find(name)
        if path is None:
            self.note(place, line(f"static/{name}", 200), "The file that is linked to is not in the archive.")
            return None
        kind = type_of(path)
        if kind is None:
            return None  # noted once, with all others
        known = next((at for at, one in enumerate(self.resources) if one.file == path), None)
        if known is not None:
            return known
        if len(self.resources) >= MOST_RESOURCES_OF_LESSON:
            self.note(path, "static", f"A lesson has at most {MOST_RESOURCES_OF_LESSON} resources.")
            return None
        try:
            check_file(kind, PurePosixPath(path).name, self.source.paths[path].path)
        except ValueError as error:
            self.note(path, "static", str(error))
            return None
        title = line(PurePosixPath(path).name, 255)
        self.resources.append(
            ResourceDraft(title=title.rjust(2, "_"), type=kind, order=len(self.resources) + 1, file=path)
        )
        return len(self.resources) - 1

    def add_questions(self, questions: list[QuestionContent], place: str, element: str) -> int:
        """How many there was room for."""
        room = MOST_QUESTIONS - len(self.questions)
        if len(questions) > room:
            self.note(place, element, f"An assessment has at most {MOST_QUESTIONS} questions.")
        for question in questions[:room]:
            self.questions.append(question.model_copy(update={"order": len(self.questions) + 1}))
        return min(room, len(questions))

    def set_video(self, url: str, transcript: str, place: str) -> bool:
        """Make it the lesson's video; False when it has one."""
        if self.video_url:
            return False
        if len(transcript) > LONGEST_CONTENT:
            self.note(place, "transcript", f"Cut to {LONGEST_CONTENT} characters.", left_out=False)
        self.video_url, self.transcript = url, cut(transcript, LONGEST_CONTENT)
        return True

    def finished(self, order: int) -> LessonDraft:
        content = "\n".join(self.parts)
        return LessonDraft(
            title=self.title,
            order=order,
            type=self._type(),
            content=content if len(content) >= SHORTEST_CONTENT else f"{content}{_NOTHING}",
            video_url=self.video_url,
            transcript=self.transcript or None,
            resources=self.resources,
            assessment=self._assessment(),
        )

    def _type(self) -> LessonType:
        if self.questions and (self.is_graded or not self.video_url):
            return "quiz"
        if self.video_url:
            return "video"
        return "discussion" if self.has_discussion and len(self.parts) < 2 else "reading"

    def _assessment(self) -> AssessmentDraft | None:
        if not self.questions:
            return None
        [attempts] = self.attempts if len(self.attempts) == 1 else [None]
        rules: dict[str, object] = {
            "is_required": self.is_graded,
            "max_attempts": min(max(attempts or UNLIMITED_ATTEMPTS, 1), UNLIMITED_ATTEMPTS),
        }
        if self.settings.passing_score is not None:
            rules["passing_score"] = self.settings.passing_score
        if self.shuffles:
            rules["randomize_answers"] = True
        if len(self.attempts) > 1:
            self.note("", f"sequential '{self.title}'", "Its problems allow different numbers of attempts; there is no "
                      "limit here.", left_out=False)  # fmt: skip
        return AssessmentDraft(title=self.title, rules=rules, questions=self.questions)
