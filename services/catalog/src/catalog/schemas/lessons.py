"""HTTP models of lessons."""

from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, StringConstraints, computed_field

from catalog.domain.access import Tier
from catalog.domain.choices import AccessLevel, LessonType
from catalog.domain.validation import validate_video_url
from catalog.schemas.fields import OMITTED, TEXT, Input, Minutes, Moment, Name, Order, RowId

SHORTEST_CONTENT = 10
LONGEST_CONTENT = 200_000

Content = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=SHORTEST_CONTENT, max_length=LONGEST_CONTENT), TEXT
]
Body = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_CONTENT), TEXT]
VideoUrl = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(validate_video_url)]


class LessonUpdate(Input):
    """Any subset of a lesson's fields. Its bodies are HTML, and stored without what could do harm.

    A lesson may move to another module of its course. `access_level` guest needs `guest_content`.
    """

    HTML: ClassVar[dict[str, int]] = {
        "content": SHORTEST_CONTENT,
        "guest_content": 0,
        "registered_content": 0,
        "transcript": 0,
    }

    module: RowId = OMITTED
    title: Name = OMITTED
    order: Order = OMITTED
    type: LessonType = OMITTED
    content: Content = OMITTED
    guest_content: Body | None = OMITTED
    registered_content: Body | None = OMITTED
    access_level: AccessLevel = OMITTED
    is_free_preview: bool = OMITTED
    has_lab: bool = OMITTED
    video_url: VideoUrl = OMITTED
    transcript: Body | None = OMITTED
    duration_minutes: Minutes | None = OMITTED


class LessonCreate(LessonUpdate):
    """Left out, `order` is the next one, `type` video, `access_level` registered, the rest empty or false."""

    module: RowId
    title: Name
    content: Content


class LessonOutlineView(BaseModel):
    """A lesson in a course or module, without its content. `assessment_id` is null without an assessment."""

    id: int
    title: str
    order: int
    type: LessonType
    access_level: AccessLevel
    is_free_preview: bool
    duration_minutes: int | None
    has_lab: bool
    resources_count: int
    assessment_id: int | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def has_assessment(self) -> bool:
        return self.assessment_id is not None


class LessonCard(LessonOutlineView):
    """A lesson in a list. `module` and `course` are ids."""

    module: int
    course: int
    created_date: Moment
    updated_date: Moment


class AccessView(BaseModel):
    """Why this much of a lesson is given. Where `granted` is false, `code` and `message` say what would give more."""

    granted: bool
    user_level: AccessLevel
    required_level: AccessLevel
    code: str | None
    message: str | None


class LessonView(LessonCard):
    """A lesson as far as the caller may read it.

    `content` is the body of the tier named in `content_tier`. `video_url` and `transcript` come with the full
    content only; the other tiers' bodies as written are for the course's staff only, and null for others.
    """

    content: str
    content_tier: Tier
    access: AccessView
    video_url: str | None
    transcript: str | None
    guest_content: str | None
    registered_content: str | None
