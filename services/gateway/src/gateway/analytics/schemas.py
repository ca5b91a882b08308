"""HTTP models of analytics, and of the parts that the services give."""

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Degraded = Field(description="Services that did not answer; what they would have told is null.")


class Part(BaseModel):
    """What one service gives."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class CourseActivity(Part):
    """Enrollment's part of a course."""

    engagement: dict[str, Any]
    learning_patterns: dict[str, Any]
    funnel: list[dict[str, Any]]
    drop_off: list[dict[str, Any]]


class CourseScores(Part):
    """Assessment's part of a course."""

    score_distribution: list[dict[str, Any]]
    performance: list[dict[str, Any]] = []


class LearnerActivity(Part):
    """What a learner did, from enrollment."""

    totals: dict[str, Any]
    days: list[dict[str, Any]]


class LearnerStats(Part):
    """A learner's standing, as `/api/user/progress-stats/` has it."""

    total_courses: int | None = None
    courses_completed: int | None = None
    courses_in_progress: int | None = None
    total_time_spent: int | None = Field(default=None, description="Seconds.")
    certificates_earned: int | None = None
    average_progress: float | None = None
    learning_streak_days: int | None = None
    weekly_minutes: Any = None


class CatalogCounts(Part):
    courses: int | dict[str, int]


class EnrollmentCounts(Part):
    enrollments: int
    completions: int
    days: list[dict[str, Any]] = []


class CertificateCounts(Part):
    certificates: int


class Stretch(BaseModel):
    """Of which days the figures are, both included, in UTC."""

    first: date = Field(serialization_alias="from")
    last: date = Field(serialization_alias="to")


class CourseAnalytics(Stretch):
    course: int
    engagement: dict[str, Any] | None = Field(description="Visits, time, lessons, active learners; in all and by day.")
    learning_patterns: dict[str, Any] | None = Field(description="By hour, weekday and type of lesson.")
    funnel: list[dict[str, Any]] | None = Field(description="For each lesson, how many started and completed it.")
    score_distribution: list[dict[str, Any]] | None = Field(description="Graded attempts in bands of percentages.")
    performance: list[dict[str, Any]] | None = Field(description="For each assessment, how learners did.")
    drop_off: list[dict[str, Any]] | None = Field(description="At which lessons learners stopped.")
    degraded: list[str] = Degraded


class LearnerAnalytics(Stretch, LearnerStats):
    totals: dict[str, Any] | None
    days: list[dict[str, Any]] | None = Field(description="By day; days without activity are left out.")
    degraded: list[str] = Degraded


class SystemAnalytics(Stretch):
    users: int
    courses: int | dict[str, int] | None
    enrollments: int | None
    completions: int | None
    certificates: int | None
    days: list[dict[str, Any]] | None = Field(description="What was done by day, logins too; the others are totals.")
    degraded: list[str] = Degraded
