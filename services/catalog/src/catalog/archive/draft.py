"""A course that was read from an archive and is not in the database yet. Links inside it are those of `links`."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from catalog.archive.limits import MOST_LESSONS_OF_MODULE, MOST_MODULES, MOST_NOTES, MOST_RESOURCES_OF_LESSON
from catalog.archive.resources import FileFacts, ResourceUrl
from catalog.domain.choices import AccessLevel, LessonType, Level, ResourceType
from catalog.domain.pricing import DEFAULT_PRICE
from catalog.schemas.courses import Language, Objectives, Requirements, Skills, Subtitle, Tags, Title
from catalog.schemas.fields import Description, Minutes, MomentIn, Name, Order, Price
from catalog.schemas.lessons import Body, Content, VideoUrl
from shared.contracts.assessment.content import QuestionContent


class ResourceDraft(BaseModel):
    """`file` is a path in the archive; without one there is a `url`. `file_name` is how a download is called."""

    title: Name
    type: ResourceType
    description: Description = ""
    order: Order
    url: ResourceUrl = ""
    premium: bool = False
    file: str | None = Field(default=None, max_length=500)
    file_name: str = Field(default="", max_length=255)


class AssessmentDraft(BaseModel):
    """`rules` as in `AssessmentContent`."""

    title: Name
    rules: dict[str, Any] = {}
    questions: list[QuestionContent] = Field(max_length=200)


class LessonDraft(BaseModel):
    title: Name
    order: Order
    type: LessonType = "video"
    content: Content
    guest_content: Body | None = None
    registered_content: Body | None = None
    access_level: AccessLevel = "registered"
    is_free_preview: bool = False
    has_lab: bool = False
    video_url: VideoUrl = ""
    transcript: Body | None = None
    duration_minutes: Minutes | None = None
    resources: list[ResourceDraft] = Field(default=[], max_length=MOST_RESOURCES_OF_LESSON)
    assessment: AssessmentDraft | None = None


class ModuleDraft(BaseModel):
    title: Name
    description: Description = ""
    order: Order
    is_published: bool = False
    lessons: list[LessonDraft] = Field(default=[], max_length=MOST_LESSONS_OF_MODULE)


class CategoryDraft(BaseModel):
    name: str = Field(default="", max_length=100)
    slug: str = Field(default="", max_length=100)


class CourseDraft(BaseModel):
    """`thumbnail` is a path in the archive; `token` is that of the links in the bodies."""

    token: str = Field(default="", max_length=40)
    title: Title
    subtitle: Subtitle = ""
    description: Description = ""
    category: CategoryDraft | None = None
    price: Price = DEFAULT_PRICE
    discount_price: Price | None = None
    discount_ends: MomentIn | None = None
    requirements: Requirements = []
    skills: Skills = []
    learning_objectives: Objectives = []
    tags: Tags = []
    target_audience: Description = ""
    level: Level = "all_levels"
    language: Language = "en"
    has_certificate: bool = False
    thumbnail: str | None = Field(default=None, max_length=500)
    modules: list[ModuleDraft] = Field(default=[], max_length=MOST_MODULES)

    def lessons(self) -> list[LessonDraft]:
        """All of them, in order: the numbers of `lesson_link`."""
        return [lesson for module in self.modules for lesson in module.lessons]


class Note(BaseModel):
    """Something of the archive that is not in the course, or not as it was there.

    `place` is a file of the archive, `element` what stands there, `left_out` whether it is missing altogether.
    """

    place: str
    element: str
    left_out: bool
    reason: str


class Report(BaseModel):
    """What was taken over, and what was not. `notes` are the first; `more_notes` counts those beyond."""

    layout: Annotated[str, Field(description="`olx`, or `syllabus` for an archive that this platform wrote.")]
    modules: int = 0
    lessons: int = 0
    videos: int = 0
    resources: int = 0
    assessments: int = 0
    questions: int = 0
    notes: list[Note] = []
    more_notes: int = 0

    def note(self, place: str, element: str, reason: str, *, left_out: bool = True) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append(Note(place=place, element=element, left_out=left_out, reason=reason))
        else:
            self.more_notes += 1

    def count(self, course: CourseDraft) -> None:
        """Count what the course has."""
        lessons = course.lessons()
        self.modules, self.lessons = len(course.modules), len(lessons)
        self.videos = sum(bool(lesson.video_url) for lesson in lessons)
        self.resources = sum(len(lesson.resources) for lesson in lessons)
        assessments = [lesson.assessment for lesson in lessons if lesson.assessment]
        self.assessments, self.questions = len(assessments), sum(len(one.questions) for one in assessments)


class ReadArchive(BaseModel):
    """What comes of reading: the course, the report, the files of its resources, by path, and
    where its thumbnail lies on disk."""

    course: CourseDraft
    report: Report
    files: dict[str, FileFacts]
    thumbnail: str | None = None
