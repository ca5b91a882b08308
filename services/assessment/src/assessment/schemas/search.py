"""Questions as a search finds them."""

from pydantic import BaseModel

from assessment.models import QuestionType


class FoundPlace(BaseModel):
    id: int
    title: str


class FoundCourse(BaseModel):
    id: int
    slug: str
    title: str


class QuestionResult(BaseModel):
    """A question found, in an assessment or in a bank: the other is null. `snippet` is safe HTML: text, with `<mark>`
    around what was found.
    """

    id: int
    question_type: QuestionType
    assessment: FoundPlace | None
    bank: FoundPlace | None
    course: FoundCourse
    snippet: str
