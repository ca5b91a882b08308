"""What learners' activity comes to. Times are counted in UTC days."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

Percent = Annotated[float | None, Field(description="0-100; null where nothing was graded.")]


class Measures(BaseModel):
    """What was done in a stretch of time."""

    visits: int = Field(description="A visit begins after half an hour without work.")
    seconds: int = Field(description="Spent in lessons.")
    lessons_started: int
    lessons_completed: int
    courses_completed: int
    enrolled: int
    unenrolled: int
    attempts: int = Field(description="Graded attempts at assessments.")
    average_score: Percent = None
    notes: int
    questions: int = Field(description="Topics opened.")
    replies: int
    reviews: int
    downloads: int = Field(description="Of resources of lessons.")


class CourseDayView(Measures):
    day: date
    active_learners: int


class SystemDayView(CourseDayView):
    logins: int


class UserMeasures(Measures):
    """Over all courses."""

    logins: int = Field(description="With address and password; a token that is kept needs none.")


class UserDayView(UserMeasures):
    day: date


class Engagement(Measures):
    """The whole time; by day in `days`, which has those with any activity."""

    active_learners: int = Field(description="Who have worked in the course since the first day.")
    average_visit_seconds: int
    days: list[CourseDayView]


class HourView(BaseModel):
    hour: int
    seconds: int
    actions: int


class WeekdayView(BaseModel):
    weekday: int = Field(description="1 is Monday.")
    seconds: int
    actions: int


class LessonTypeView(BaseModel):
    """What kind of content learners prefer."""

    type: str
    seconds: int
    started: int
    completed: int


class LearningPatterns(BaseModel):
    by_hour: list[HourView]
    by_weekday: list[WeekdayView]
    by_lesson_type: list[LessonTypeView]


class FunnelStep(BaseModel):
    lesson: int
    title: str
    started: int
    completed: int
    seconds: int


class DropOff(BaseModel):
    """Where learners stopped: active enrollments without work for two weeks, by the lesson they worked in last."""

    lesson: int | None = Field(description="Null for those who never began.")
    learners: int


class CourseAnalytics(BaseModel):
    course: int
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    engagement: Engagement
    learning_patterns: LearningPatterns
    funnel: list[FunnelStep]
    drop_off: list[DropOff]


class UserAnalytics(BaseModel):
    user: int
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    totals: UserMeasures
    days: list[UserDayView]


class SystemAnalytics(BaseModel):
    """All courses: since the beginning, and by day."""

    enrollments: int
    completions: int
    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")
    days: list[SystemDayView]
