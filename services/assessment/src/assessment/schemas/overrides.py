"""What single learners are granted beyond an assessment's rules."""

from datetime import datetime

from pydantic import BaseModel, Field

from shared.fields import Moment


class OverrideWrite(BaseModel):
    """`due_date` takes the place of the assessment's; if it is after `available_until`, the learner may start until
    then. Extra time counts for an attempt under way too.
    """

    extra_attempts: int = Field(default=0, ge=0, le=1_000)
    extra_time_seconds: int = Field(default=0, ge=0, le=604_800)
    due_date: Moment | None = None


class OverrideView(OverrideWrite):
    assessment: int
    user: int
    created_date: datetime
    updated_date: datetime
