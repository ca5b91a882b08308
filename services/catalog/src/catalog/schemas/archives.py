"""What is asked of other services for an archive."""

from pydantic import RootModel

from shared.contracts.assessment.http import AssessmentContent


class CourseAssessments(RootModel[list[AssessmentContent]]):
    """The assessments of a course, with their right answers."""
