"""What assessment answers to other services. Private: the gateway does not route it.

- `GET /internal/courses/{course_id}/standing/?user_id=` → `CourseStanding`; empty lists for what it does not know.
- `GET /internal/courses/{course_id}/assessments/` → `list[AssessmentContent]` by lesson; for export.
- `GET /internal/analytics/courses/{course_id}/scores/?from=&to=` → `CourseScores` of the attempts that ended from
  `from` until before `to` (times; left out, without that bound).
- `GET /internal/users/{user_id}/export/` → a JSON object with what is held about the user.
"""

from pydantic import BaseModel, ConfigDict

from shared.contracts.assessment.content import AssessmentContent

__all__ = ["AssessmentContent", "AssessmentScores", "CourseScores", "CourseStanding", "ScoreBand"]


class CourseStanding(BaseModel):
    """What a course requires of its learners, and what of that one of them has passed under its scoring policy."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    course_id: int
    user_id: int
    required: list[int]
    """Ids of the assessments that must be passed."""
    passed: list[int]
    """Ids of those that the learner has passed."""


class Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ScoreBand(Part):
    """How many graded attempts reached from `at_least` to below `below` percent; the last band has the 100 too."""

    at_least: int
    below: int
    count: int


class AssessmentScores(Part):
    """How learners did in one assessment. `mean_percentage` and `pass_rate` (0 to 1) are over graded attempts, null
    without any.
    """

    assessment_id: int
    title: str
    learners: int
    attempts: int
    pending: int
    graded: int
    passed: int
    mean_percentage: float | None
    pass_rate: float | None


class CourseScores(Part):
    """How learners did in a course: ten bands of ten percent, and each assessment that is not deleted."""

    course_id: int
    score_distribution: list[ScoreBand]
    performance: list[AssessmentScores]
