"""HTTP models of progress."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StrictBool

from enrollment.domain.progress import MOST_SECONDS
from enrollment.models import HeartbeatState
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.fields import Text

LONGEST_NOTES = 10_000


class ProgressUpdate(BaseModel):
    """Any subset of the fields; what is left out stays as it is."""

    is_completed: StrictBool = False
    progress_percentage: Annotated[int, Field(strict=True, ge=0, le=100)] = 0
    time_spent: Annotated[int, Field(strict=True, ge=0, le=MOST_SECONDS, description="Total, in seconds.")] = 0
    notes: Annotated[Text, Field(max_length=LONGEST_NOTES)] = ""


class LessonSummary(BaseModel):
    id: int
    title: str
    module: int = Field(description="Id of the lesson's module.")


class ProgressBase(BaseModel):
    id: int
    lesson: LessonSummary
    is_completed: bool
    completed_date: datetime | None
    time_spent: int = Field(description="Total, in seconds.")
    progress_percentage: int = Field(description="0-100.")
    position_seconds: int | None = Field(description="Where the learner is in the video, as the last heartbeat told.")
    notes: str
    last_accessed: datetime | None


class ProgressView(ProgressBase):
    """A learner's progress in a lesson."""

    enrollment: int = Field(description="Id of the enrollment.")


class EnrollmentProgress(BaseModel):
    id: int
    progress_percentage: int
    status: EnrollmentStatus


class ProgressUpdated(ProgressBase):
    """Progress in a lesson, and how far the enrollment is with it."""

    enrollment: EnrollmentProgress


class Heartbeat(BaseModel):
    """Sent every half minute or so while a lesson is open."""

    state: HeartbeatState
    position_seconds: Annotated[int, Field(strict=True, ge=0, le=MOST_SECONDS)] | None = None


class HeartbeatView(BaseModel):
    time_spent: int = Field(description="Total in the lesson, in seconds.")
    added_seconds: int = Field(description="0-60.")
