"""The events of assessment: what other services are told. None of it tells a right answer."""

from typing import TypeVar

from assessment.domain.scoring import percentage
from assessment.models import Assessment, Attempt
from shared.contracts.assessment.events import AssessmentEvent, AttemptEvent

A = TypeVar("A", bound=AssessmentEvent)
T = TypeVar("T", bound=AttemptEvent)


def count_drawn(assessment: Assessment) -> int:
    """How many questions an attempt is asked beside the assessment's own."""
    return sum(draw["count"] for draw in assessment.draws)


def assessment_event(kind: type[A], assessment: Assessment, questions_count: int) -> A:
    return kind(
        version=assessment.revision,
        assessment_id=assessment.id,
        course_id=assessment.course_id,
        lesson_id=assessment.lesson_id,
        title=assessment.title,
        is_required=assessment.is_required,
        passing_score=assessment.passing_score,
        questions_count=questions_count + count_drawn(assessment),
        is_deleted=assessment.is_deleted,
        due_date=assessment.due_date,
        available_until=assessment.available_until,
    )


def attempt_event(
    kind: type[T], attempt: Attempt, assessment: Assessment, *, has_passed: bool, standing_version: int
) -> T:
    score = attempt.score
    return kind(
        version=attempt.revision,
        attempt_id=attempt.id,
        attempt_number=attempt.attempt_number,
        assessment_id=assessment.id,
        course_id=assessment.course_id,
        lesson_id=assessment.lesson_id,
        user_id=attempt.user_id,
        status=attempt.status,
        score=None if score is None else float(score),
        max_score=float(attempt.max_score),
        score_percentage=None if score is None else float(percentage(score, attempt.max_score)),
        passed=attempt.passed,
        has_passed=has_passed,
        standing_version=standing_version,
        start_time=attempt.start_time,
        end_time=attempt.end_time,
        expires_at=attempt.expires_at,
        submitted_by=attempt.submitted_by,
    )
