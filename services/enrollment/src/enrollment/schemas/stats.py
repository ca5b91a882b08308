"""HTTP models of a learner's figures."""

from pydantic import BaseModel, Field


class ProgressStats(BaseModel):
    """A learner's figures over all courses; enrollments given up count for their time only."""

    total_courses: int
    courses_completed: int
    courses_in_progress: int
    total_time_spent: int = Field(description="Seconds.")
    certificates_earned: int
    average_progress: float = Field(description="Mean of the courses' percentages, 0-100, to one decimal.")
    learning_streak_days: int = Field(description="Days in a row with work in a lesson, up to today; UTC.")
    weekly_minutes: int = Field(description="Spent in lessons in the last seven days, today included.")
