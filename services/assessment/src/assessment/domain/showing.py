"""What leaves the service about attempts. Here, and nowhere else, is decided when the key may be told.

The paper of an attempt holds the key; learners only ever see what `show_questions` and `show_results` make of it.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from assessment.domain.asking import asked_config, correct_response
from assessment.domain.paper import Item, Paper
from assessment.domain.scoring import percentage
from assessment.models import Attempt, AttemptAnswer, AttemptStatus, FeedbackMode
from assessment.schemas.attempts import (
    AnswerAsked,
    AnswerExplained,
    AnswerResult,
    Attachment,
    AttemptAnswerView,
    AttemptBrief,
    AttemptStart,
    AttemptView,
    QuestionAsked,
    SavedAnswer,
)
from assessment.schemas.rubrics import RubricGrade


def may_tell(status: AttemptStatus, *, at_start: FeedbackMode, now: FeedbackMode) -> bool:
    """Whether a learner may be told the results and the key of the questions that they answered.

    While the attempt is open, only where feedback was immediate when it started: then each answer is final. Afterwards
    as the assessment says now, so that staff can hold results back, or release them later.
    """
    if status == "in_progress":
        return at_start == "immediate"
    return now != "never"


def show_questions(paper: Paper) -> list[QuestionAsked]:
    """The questions without anything that tells the key."""
    return [
        QuestionAsked(
            id=item.question_id,
            question_text=item.question_text,
            question_type=item.question_type,
            order=order,
            points=item.points,
            weight=float(item.weight),
            answers=[AnswerAsked(id=option.answer_id, answer_text=option.answer_text) for option in item.options],
            config=asked_config(item),
        )
        for order, item in enumerate(paper.items, 1)
    ]


def show_saved(answer: AttemptAnswer) -> SavedAnswer:
    return SavedAnswer(
        question_id=answer.question_id,
        selected_answer_id=answer.selected_answer_id,
        selected_answer_ids=answer.selected_answer_ids,
        text_answer=answer.text_answer,
        response=answer.response,
        attachment=_attachment(answer),
        answered_at=answer.answered_at,
    )


def show_result(item: Item, answer: AttemptAnswer | None, *, tell: bool, closed: bool) -> AnswerResult:
    """What became of one question: what was answered, and with `tell` also its points and the key.

    When the attempt is closed, a question without an answer has earned nothing.
    """
    earned = answer.points_earned if answer else Decimal(0) if closed else None
    is_correct = answer.is_correct if answer else False if closed else None
    return AnswerResult(
        id=answer.id if answer else None,
        question_id=item.question_id,
        points=float(item.worth),
        points_earned=_number(earned) if tell else None,
        is_correct=is_correct if tell else None,
        feedback=(answer.feedback if answer else "") if tell else None,
        rubric_grades=_rubric_grades(answer) if answer and tell else None,
        explanation=item.explanation if tell else None,
        selected_answer_id=answer.selected_answer_id if answer else None,
        selected_answer_ids=answer.selected_answer_ids if answer else None,
        text_answer=answer.text_answer if answer else None,
        response=answer.response if answer else None,
        attachment=_attachment(answer),
        correct_answer_ids=sorted(item.correct_ids) if tell and item.options else None,
        correct_response=correct_response(item) if tell else None,
        answer_explanations=_explanations(item) if tell else None,
    )


def show_answer(attempt: Attempt, paper: Paper, item: Item, answer: AttemptAnswer) -> AttemptAnswerView:
    """An answer just saved in an open attempt."""
    tell = may_tell(attempt.status, at_start=paper.feedback_mode, now=paper.feedback_mode)
    return AttemptAnswerView(
        id=answer.id,
        attempt_id=attempt.id,
        result=show_result(item, answer, tell=True, closed=False) if tell else None,
        **dict(show_saved(answer)),
    )


def show_start(attempt: Attempt, answers: Sequence[AttemptAnswer], now: datetime) -> AttemptStart:
    paper = Paper.model_validate(attempt.paper)
    return AttemptStart(
        attempt_id=attempt.id,
        attempt_number=attempt.attempt_number,
        start_time=attempt.start_time,
        expires_at=attempt.expires_at,
        server_time=now,
        time_limit=paper.time_limit,
        max_score=float(attempt.max_score),
        questions=show_questions(paper),
        saved_answers=[show_saved(answer) for answer in answers],
    )


def show_brief(attempt: Attempt) -> AttemptBrief:
    """Of an attempt without its paper."""
    score, ended = attempt.score, attempt.end_time
    return AttemptBrief(
        id=attempt.id,
        assessment=attempt.assessment_id,
        user=attempt.user_id,
        attempt_number=attempt.attempt_number,
        status=attempt.status,
        score=_number(score),
        previous_score=_number(attempt.previous_score),
        max_score=float(attempt.max_score),
        score_percentage=None if score is None else float(percentage(score, attempt.max_score)),
        passed=attempt.passed,
        start_time=attempt.start_time,
        end_time=ended,
        expires_at=attempt.expires_at,
        time_taken=None if ended is None else round((ended - attempt.start_time).total_seconds()),
        submitted_by=attempt.submitted_by,
    )


def show_attempt(
    attempt: Attempt, answers: Sequence[AttemptAnswer], *, feedback_mode: FeedbackMode, to_staff: bool, now: datetime
) -> AttemptView:
    """An attempt in full; `feedback_mode` is what the assessment says now. Staff are told everything."""
    paper = Paper.model_validate(attempt.paper)
    tell = to_staff or may_tell(attempt.status, at_start=paper.feedback_mode, now=feedback_mode)
    return AttemptView(
        **dict(show_brief(attempt)),
        time_limit=paper.time_limit,
        server_time=now,
        ip_address=str(attempt.ip_address) if to_staff and attempt.ip_address else None,
        user_agent=attempt.user_agent if to_staff else None,
        questions=show_questions(paper),
        saved_answers=[show_saved(answer) for answer in answers],
        answers=show_results(attempt, paper, answers, tell=tell, to_staff=to_staff),
    )


def show_results(
    attempt: Attempt, paper: Paper, answers: Sequence[AttemptAnswer], *, tell: bool, to_staff: bool
) -> list[AnswerResult]:
    """The results of all questions; for learners in an open attempt, of those answered that may be told."""
    given = {answer.question_id: answer for answer in answers}
    closed = attempt.status != "in_progress"
    items: Sequence[Item] = paper.items
    if not closed and not to_staff:
        items = [item for item in items if tell and item.question_id in given]
    return [show_result(item, given.get(item.question_id), tell=tell, closed=closed) for item in items]


def _explanations(item: Item) -> list[AnswerExplained]:
    return [
        AnswerExplained(answer_id=option.answer_id, explanation=option.explanation)
        for option in item.options
        if option.explanation
    ]


def _rubric_grades(answer: AttemptAnswer) -> list[RubricGrade] | None:
    grades = answer.rubric_grades
    return None if grades is None else [RubricGrade.model_validate(grade) for grade in grades]


def _attachment(answer: AttemptAnswer | None) -> Attachment | None:
    return None if answer is None or answer.attachment is None else Attachment.model_validate(answer.attachment)


def _number(points: Decimal | None) -> float | None:
    return None if points is None else float(points)
