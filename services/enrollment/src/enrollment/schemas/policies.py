"""HTTP models of progress policies."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StrictBool, model_validator

from enrollment.models import ProgressMethod
from shared.fields import OMITTED

HEAVIEST = 1_000

LessonType = Literal["video", "reading", "interactive", "quiz", "lab_exercise", "assignment", "discussion"]


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("This must be a number.")
    return value


Weight = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, le=HEAVIEST, decimal_places=4)]
TypeWeight = Annotated[Decimal, BeforeValidator(_number), Field(gt=0, le=HEAVIEST, decimal_places=4)]


class Weights(BaseModel):
    """What the parts of progress weigh against each other. Those left out weigh nothing."""

    lesson: Weight = Decimal(0)
    time: Weight = Decimal(0)
    assessment: Weight = Decimal(0)

    @model_validator(mode="after")
    def _one_counts(self) -> "Weights":
        if not (self.lesson or self.time or self.assessment):
            raise ValueError("At least one weight must be more than 0.")
        return self


class PolicyUpdate(BaseModel):
    """Any subset of the fields; what is left out stays as it is. `weights` and `type_weights` are given whole."""

    method: ProgressMethod = "lessons"
    weights: Weights = OMITTED
    type_weights: dict[LessonType, TypeWeight] = {}
    sequential: StrictBool = False


class PolicyReplace(PolicyUpdate):
    """What is left out of `weights`, `type_weights` and `sequential` stays as it is."""

    method: ProgressMethod


class WeightsView(BaseModel):
    lesson: float
    time: float
    assessment: float


class PolicyView(BaseModel):
    """How a course measures progress."""

    course: int
    method: ProgressMethod
    weights: WeightsView = Field(description="Of the method `weighted`, shared out over what the course has.")
    type_weights: dict[str, float] = Field(description="Weight of a lesson by its type; others weigh 1.")
    sequential: bool = Field(description="Whether lessons are open only once those before them are done.")
    is_recalculating: bool = Field(description="Whether the progress of some learners is still to follow.")
    updated_date: datetime | None = Field(description="Null for a course that never set a policy.")
