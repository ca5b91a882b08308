"""An assessment as its readers see it: with the key for the course's staff, without for learners."""

from datetime import datetime
from decimal import Decimal

from assessment.domain.standing import Standing
from assessment.domain.starting import why_not_available
from assessment.models import Assessment
from assessment.schemas.assessments import (
    AssessmentBrief,
    AssessmentResult,
    AssessmentRules,
    AssessmentView,
    QuestionAnnounced,
)
from assessment.schemas.questions import QuestionView


def describe_for_staff(assessment: Assessment) -> AssessmentView:
    questions = [QuestionView.model_validate(question) for question in assessment.questions]
    return _describe(assessment, questions, None)


def describe_for_learner(
    assessment: Assessment, standing: Standing, attempts_used: int, now: datetime
) -> AssessmentView:
    """Questions are announced without their answers, and only where reading them ahead of time is no advantage."""
    announced = [
        QuestionAnnounced.model_validate(question, from_attributes=True)
        for question in assessment.questions
        if _may_announce(assessment, now)
    ]
    percentage = standing.score_percentage
    result = AssessmentResult(
        score_percentage=None if percentage is None else float(percentage),
        passed=standing.passed,
        attempts_used=attempts_used,
    )
    return _describe(assessment, announced, result)


def describe_briefly(assessment: Assessment, questions_count: int) -> AssessmentBrief:
    return AssessmentBrief(
        id=assessment.id,
        lesson=assessment.lesson_id,
        course=assessment.course_id,
        title=assessment.title,
        time_limit=assessment.time_limit,
        passing_score=assessment.passing_score,
        max_attempts=assessment.max_attempts,
        is_required=assessment.is_required,
        available_from=assessment.available_from,
        due_date=assessment.due_date,
        available_until=assessment.available_until,
        questions_count=questions_count,
        created_date=assessment.created_date,
        updated_date=assessment.updated_date,
    )


def _may_announce(assessment: Assessment, now: datetime) -> bool:
    return assessment.time_limit == 0 and why_not_available(assessment, now) is None


def _describe(
    assessment: Assessment,
    questions: list[QuestionView] | list[QuestionAnnounced],
    result: AssessmentResult | None,
) -> AssessmentView:
    rules = {name: getattr(assessment, name) for name in AssessmentRules.model_fields}
    worths = (question.points * question.weight for question in assessment.questions)
    return AssessmentView(
        **rules,
        id=assessment.id,
        lesson=assessment.lesson_id,
        course=assessment.course_id,
        title=assessment.title,
        questions_count=len(assessment.questions),
        max_score=float(sum(worths, Decimal(0))),
        questions=questions,
        result=result,
        created_date=assessment.created_date,
        updated_date=assessment.updated_date,
    )
