"""An assessment as its readers see it: with the key for the course's staff, without for learners."""

from datetime import datetime
from decimal import Decimal

from assessment.domain.facts import count_drawn
from assessment.domain.overriding import personal_rules
from assessment.domain.paper import Paper
from assessment.domain.standing import Standing
from assessment.domain.starting import why_not_available
from assessment.models import Answer, Assessment, Attempt, AttemptAnswer, Override, Question, QuestionBank, Rubric
from assessment.schemas.assessments import (
    AssessmentBrief,
    AssessmentResult,
    AssessmentRules,
    AssessmentView,
    QuestionAnnounced,
)
from assessment.schemas.banks import BankView, Draw
from assessment.schemas.grading import GradeView
from assessment.schemas.overrides import OverrideView
from assessment.schemas.questions import AnswerDetail, AnswerView, QuestionDetail, QuestionView
from assessment.schemas.rubrics import RubricView


def describe_for_staff(assessment: Assessment) -> AssessmentView:
    questions = [QuestionView.model_validate(question) for question in assessment.questions]
    return _describe(assessment, questions, None)


def describe_for_learner(
    assessment: Assessment, standing: Standing, attempts_used: int, override: Override | None, now: datetime
) -> AssessmentView:
    """Questions are announced without their answers, and only where reading them ahead of time is no advantage.

    Limits are those that hold for this learner.
    """
    rules = personal_rules(assessment, override)
    announced = [
        QuestionAnnounced.model_validate(question, from_attributes=True)
        for question in assessment.questions
        if assessment.time_limit == 0 and why_not_available(assessment, rules, now) is None
    ]
    percentage = standing.score_percentage
    result = AssessmentResult(
        score_percentage=None if percentage is None else float(percentage),
        passed=standing.passed,
        attempts_used=attempts_used,
    )
    personal = {
        "max_attempts": rules.max_attempts,
        "due_date": rules.due_date,
        "available_until": rules.available_until,
    }
    return _describe(assessment, announced, result).model_copy(update=personal)


def describe_question(question: Question) -> QuestionDetail:
    view = QuestionView.model_validate(question)
    return QuestionDetail(**dict(view), assessment=question.assessment_id, bank=question.bank_id)


def describe_answer(answer: Answer) -> AnswerDetail:
    return AnswerDetail(**dict(AnswerView.model_validate(answer)), question=answer.question_id)


def describe_bank(bank: QuestionBank, questions_count: int) -> BankView:
    return BankView(
        id=bank.id,
        title=bank.title,
        course=bank.course_id,
        questions_count=questions_count,
        created_date=bank.created_date,
        updated_date=bank.updated_date,
    )


def describe_rubric(rubric: Rubric) -> RubricView:
    return RubricView.model_validate(rubric, from_attributes=True)


def describe_override(override: Override) -> OverrideView:
    return OverrideView(
        assessment=override.assessment_id,
        user=override.user_id,
        extra_attempts=override.extra_attempts,
        extra_time_seconds=override.extra_time_seconds,
        due_date=override.due_date,
        created_date=override.created_date,
        updated_date=override.updated_date,
    )


def describe_grade(attempt: Attempt, answer: AttemptAnswer) -> GradeView:
    """Of an answer that was just graded by hand."""
    item = Paper.model_validate(attempt.paper).item(answer.question_id)
    return GradeView.model_validate(
        {
            "id": answer.id,
            "attempt": attempt.id,
            "question": answer.question_id,
            "points": item.worth if item else 0,
            "points_earned": answer.points_earned,
            "is_correct": answer.is_correct,
            "feedback": answer.feedback,
            "rubric_grades": answer.rubric_grades,
            "graded_by": answer.graded_by,
            "graded_at": answer.graded_at,
            "status": attempt.status,
            "score": attempt.score,
            "max_score": attempt.max_score,
            "passed": attempt.passed,
        }
    )


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
        questions_count=questions_count + count_drawn(assessment),
        created_date=assessment.created_date,
        updated_date=assessment.updated_date,
    )


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
        questions_count=len(assessment.questions) + count_drawn(assessment),
        max_score=float(sum(worths, Decimal(0))),
        questions=questions,
        draws=[Draw.model_validate(draw) for draw in assessment.draws],
        result=result,
        created_date=assessment.created_date,
        updated_date=assessment.updated_date,
    )
