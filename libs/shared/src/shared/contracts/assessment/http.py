"""What assessment answers to other services. Private: the gateway does not route it.

- `GET /internal/courses/{course_id}/standing/?user_id=` → `CourseStanding`; empty lists for what it does not know.
- `GET /internal/courses/{course_id}/assessments/` → `list[AssessmentContent]` by lesson; for export.
"""

from pydantic import BaseModel, ConfigDict

from shared.contracts.assessment.content import AssessmentContent

__all__ = ["AssessmentContent", "CourseStanding"]


class CourseStanding(BaseModel):
    """What a course requires of its learners, and what of that one of them has passed under its scoring policy."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    course_id: int
    user_id: int
    required: list[int]
    """Ids of the assessments that must be passed."""
    passed: list[int]
    """Ids of those that the learner has passed."""
