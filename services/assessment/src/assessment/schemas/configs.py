"""`config` of a question: what its type needs beyond answers."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, Field, PlainSerializer, StringConstraints

from assessment.models import QuestionType
from shared.fields import RowId, Storable

MOST_PARTS = 50
LONGEST_TEXT_ANSWER = 50_000

PartId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,30}$")]
PartText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), Storable]
Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Storable]
Share = Annotated[
    Decimal, Field(gt=0, le=1, decimal_places=4), PlainSerializer(float, return_type=float, when_used="json")
]
Match = Literal["exact", "wildcard", "regex"]
Mode = Literal["one_to_one", "one_to_many"]


class AcceptedText(BaseModel):
    """What is looked for in an answer, and the share of the points that it earns."""

    text: Pattern
    fraction: Share = Decimal(1)


class Blank(BaseModel):
    """A gap to fill. In a `wildcard`, `*` stands for any text and `?` for any character; a `regex` is RE2's."""

    id: PartId
    match: Match = "exact"
    case_sensitive: bool = False
    accepted: list[AcceptedText] = Field(min_length=1, max_length=20)


class Side(BaseModel):
    """Something to match, on the left or on the right."""

    id: PartId
    text: PartText


class Pair(BaseModel):
    left_id: PartId
    right_id: PartId


class ChoiceConfig(BaseModel):
    """Of `multiple_choice` and `multiple_select`: nothing."""


class TrueFalseConfig(BaseModel):
    correct_answer: bool | None = None


class ShortAnswerConfig(BaseModel):
    """Lengths in characters. Fractions of keywords found add up to 1 at most; without `keywords`, or with
    `auto_grade: false`, a person grades.
    """

    min_length: int = Field(default=0, ge=0, le=10_000)
    max_length: int = Field(default=1_000, ge=1, le=10_000)
    case_sensitive: bool = False
    keywords: list[AcceptedText] = Field(default=[], max_length=MOST_PARTS)
    auto_grade: bool = True


class EssayConfig(BaseModel):
    """A person grades it, by the rubric where there is one. `max_words` null: as long as the field takes."""

    rubric_id: RowId | None = None
    allow_attachments: bool = False
    min_words: int = Field(default=0, ge=0, le=10_000)
    max_words: int | None = Field(default=None, ge=1, le=10_000)


class FillBlankConfig(BaseModel):
    """`text` holds `{{id}}` once for each blank."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000), Storable] = ""
    blanks: list[Blank] = Field(default=[], max_length=MOST_PARTS)


class MatchingConfig(BaseModel):
    """Items on the right that are in no pair are distractors."""

    left: list[Side] = Field(default=[], max_length=MOST_PARTS)
    right: list[Side] = Field(default=[], max_length=2 * MOST_PARTS)
    pairs: list[Pair] = Field(default=[], max_length=2 * MOST_PARTS)
    mode: Mode = "one_to_one"


class QuestionConfig(TrueFalseConfig, ShortAnswerConfig, EssayConfig, FillBlankConfig, MatchingConfig):
    """What the question's type needs: `true_false` `correct_answer`; `short_answer` `min_length, max_length,
    case_sensitive, keywords, auto_grade`; `essay` `rubric_id, allow_attachments, min_words, max_words`; `fill_blank`
    `text, blanks`; `matching` `left, right, pairs, mode`. Fields of other types are ignored.
    """


CONFIGS: dict[QuestionType, type[BaseModel]] = {
    "multiple_choice": ChoiceConfig,
    "multiple_select": ChoiceConfig,
    "true_false": TrueFalseConfig,
    "short_answer": ShortAnswerConfig,
    "essay": EssayConfig,
    "fill_blank": FillBlankConfig,
    "matching": MatchingConfig,
}
