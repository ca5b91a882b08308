"""What enrollment answers to other services. Private: the gateway does not route it.

- `GET /internal/enrollments/?user_id=&course_id=` → `EnrollmentState`; 404 when the user never enrolled.
- `GET /internal/lessons/{lesson_id}/lock/?user_id=` → `LessonLock`; 404 when the user never enrolled in its course.
- `GET /internal/courses/{course_id}/overlay/?user_id=` → `CourseOverlay`; `user_id` is left out for guests.
- `GET /internal/analytics/courses/{course_id}/?from=&to=` → `{course, from, to, engagement, learning_patterns, funnel,
  drop_off}`, `GET /internal/analytics/users/{user_id}/?from=&to=` → `{user, from, to, totals, days}`,
  `GET /internal/analytics/system/?from=&to=` → `{enrollments, completions, from, to, days}`: days of UTC, both
  included, the last 30 unless said; more than 366 are 400.
- `GET /internal/users/{user_id}/export/` → all that is held about a user, lists by kind.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

from shared.contracts.enrollment.events import EnrollmentState

__all__ = ["CourseOverlay", "EnrollmentState", "LessonLock"]


class LessonLock(BaseModel):
    """Whether a learner must complete other lessons first, in a course that is learned in order."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    lesson_id: int
    user_id: int
    is_locked: bool
    missing_lesson: int | None = None
    """The first of those lessons."""


class CourseOverlay(BaseModel):
    """What enrollment adds to a course's page, in the shapes of the public API.

    `user_progress` is null unless the user is enrolled (active, completed or suspended); else `{enrollment, status,
    progress_percentage, completed_lessons, total_lessons, total_time_spent, current_lesson, lessons}`, with `{lesson,
    progress_percentage, is_completed}` for each lesson in the course's order.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    recent_reviews: list[dict[str, Any]]
    user_progress: dict[str, Any] | None = None
