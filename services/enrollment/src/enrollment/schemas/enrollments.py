"""HTTP models of enrollments."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from shared.contracts.enrollment.events import EnrollmentStatus
from shared.fields import Ref


class EnrollmentCreate(BaseModel):
    course: Ref


class EnrollmentManage(BaseModel):
    """What staff change of a learner's enrollment: `suspended` shuts the learner out, `active` lets them back in."""

    status: Literal["suspended", "active"]


class CourseSummary(BaseModel):
    id: int
    slug: str
    title: str
    thumbnail: str | None


class EnrollmentView(BaseModel):
    """A user's enrollment in a course."""

    id: int
    user: int
    course: CourseSummary
    status: EnrollmentStatus
    progress_percentage: int = Field(description="0-100, floored: 100 only when everything is done.")
    completed_lessons: int
    total_lessons: int
    total_time_spent: int = Field(description="Seconds.")
    last_accessed: datetime
    last_lesson_accessed: int | None = Field(description="Id of a lesson.")
    current_lesson: int | None = Field(description="Id of the next lesson to do, in the course's order.")
    completion_date: datetime | None
    created_date: datetime


class LearnerView(EnrollmentView):
    """An enrollment as the course's staff see it."""

    user_name: str = Field(description="Empty where the name is not known yet.")
