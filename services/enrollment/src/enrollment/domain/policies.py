"""How a course measures progress: exact shares of lessons, time and assessments, floored to a percentage."""

from fractions import Fraction
from typing import NamedTuple

from enrollment.models import WEIGHT_UNIT, Enrollment, Lesson, ProgressPolicy
from shared.errors import Refusal


class LessonLocked(Refusal):
    code = "LESSON_LOCKED"
    message = "This course is learned in order. Complete the lessons before this one first."


class Part(NamedTuple):
    """A part of what a course requires: so much of so much is done; its weight among the parts."""

    weight: int
    done: int
    total: int


def default_policy(course_id: int) -> ProgressPolicy:
    """The policy of a course that has set none."""
    return ProgressPolicy(
        course_id=course_id,
        revision=0,
        applied_revision=0,
        method="lessons",
        lesson_weight=WEIGHT_UNIT,
        time_weight=WEIGHT_UNIT,
        assessment_weight=WEIGHT_UNIT,
        type_weights={},
        sequential=False,
    )


def is_plain(policy: ProgressPolicy | None) -> bool:
    """Whether progress is simply the number of lessons done."""
    return policy is None or (policy.method == "lessons" and not policy.type_weights)


def points_of(policy: ProgressPolicy, lesson: Lesson) -> int:
    """What a lesson weighs among the lessons."""
    return policy.type_weights.get(lesson.type, WEIGHT_UNIT)


def timely_seconds(time_spent: int, lesson: Lesson) -> int:
    """Of the time spent in a lesson, what counts: no more than the lesson is expected to take."""
    return min(time_spent, (lesson.duration_minutes or 0) * 60)


def parts_of(policy: ProgressPolicy | None, standing: Enrollment) -> list[Part]:
    """What the course requires. Where it has nothing of what its policy measures, its lessons are measured."""
    if is_plain(policy) or policy is None:
        lessons = Part(1, standing.completed_lessons, standing.total_lessons)
        return [lessons] if lessons.total else []
    parts = {
        "lessons": Part(policy.lesson_weight, standing.lesson_points, standing.lesson_points_total),
        "time": Part(policy.time_weight, standing.timely_seconds, standing.expected_seconds),
        "assessments": Part(policy.assessment_weight, standing.assessments_passed, standing.assessments_required),
    }
    if policy.method == "weighted":
        measured = [part for part in parts.values() if part.total and part.weight]
    else:
        measured = [part._replace(weight=1) for part in (parts[policy.method],) if part.total]
    fallback = parts["lessons"]._replace(weight=1)
    return measured or ([fallback] if fallback.total else [])


def percentage(parts: list[Part]) -> int:
    """Floored: 100 only when all parts are done. The weights are shared out over the parts there are."""
    if not parts:
        return 0
    done = sum((Fraction(part.weight * part.done, part.total) for part in parts), Fraction())
    return int(100 * done / sum(part.weight for part in parts))


def is_done(parts: list[Part]) -> bool:
    """Whether nothing is left to do; a course that requires nothing is never done."""
    return bool(parts) and all(part.done == part.total for part in parts)


def is_open(policy: ProgressPolicy | None, enrollment: Enrollment, *, is_completed: bool) -> bool:
    """Whether a lesson is open whatever comes before it: there is no order, or the lesson or all was done once."""
    return policy is None or not policy.sequential or is_completed or enrollment.completion_date is not None
