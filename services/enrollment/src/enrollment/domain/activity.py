"""What a learner's change counts for in the course's figures."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from enrollment.domain.progress import LessonProgress
from enrollment.models import ActivityKind

VISIT_GAP = timedelta(minutes=30)
"""Work after so long without any is another visit."""


@dataclass(frozen=True)
class Act:
    """Something that a user did. `score` in hundredths of a percent."""

    user_id: int
    course_id: int
    kind: ActivityKind
    lesson_id: int = 0
    count: int = 1
    seconds: int = 0
    score: int = 0


def is_new_visit(last_accessed: datetime, now: datetime) -> bool:
    return now - last_accessed >= VISIT_GAP


def acts_in_lesson(
    user_id: int,
    course_id: int,
    lesson_id: int,
    before: LessonProgress,
    after: LessonProgress,
    *,
    is_first: bool,
    is_visit: bool,
) -> list[Act]:
    """What a change in a lesson counts for. A lesson that is taken back has been finished once less."""
    acts = [Act(user_id, course_id, "visited")] if is_visit else []
    if is_first:
        acts.append(Act(user_id, course_id, "started", lesson_id))
    acts.append(Act(user_id, course_id, "worked", lesson_id, seconds=max(0, after.time_spent - before.time_spent)))
    if after.is_completed != before.is_completed:
        acts.append(Act(user_id, course_id, "finished", lesson_id, count=after.is_completed - before.is_completed))
    return acts


def merged(acts: Iterable[Act]) -> list[Act]:
    """Acts of one kind in one place as one, in the order in which their rows are locked."""
    found: dict[tuple[int, int, int, str], Act] = {}
    for act in acts:
        key = (act.user_id, act.course_id, act.lesson_id, act.kind)
        have = found.get(key)
        if have is not None:
            act = Act(
                *(act.user_id, act.course_id, act.kind, act.lesson_id),
                count=have.count + act.count,
                seconds=have.seconds + act.seconds,
                score=have.score + act.score,
            )
        found[key] = act
    return [found[key] for key in sorted(found)]
