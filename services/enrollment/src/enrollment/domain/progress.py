"""What a learner's change makes of the progress in a lesson."""

from dataclasses import dataclass

from shared.errors import Invalid

MOST_SECONDS = 2_147_483_647
LONGEST_GROWTH_S = 86_400
"""`time_spent` grows by no more than a day at once."""


@dataclass(frozen=True)
class LessonProgress:
    """Progress in one lesson. `is_completed` exactly when `progress_percentage` is 100; `time_spent` in seconds."""

    is_completed: bool
    progress_percentage: int
    time_spent: int
    notes: str


@dataclass(frozen=True)
class ProgressChange:
    """What a learner sends: any subset of the fields; None leaves the field as it is."""

    is_completed: bool | None = None
    progress_percentage: int | None = None
    time_spent: int | None = None
    notes: str | None = None


def apply_change(present: LessonProgress, change: ProgressChange, *, keeps_completion: bool) -> LessonProgress:
    """Progress after the change. `keeps_completion`: the enrollment is complete, so a lesson done stays done.

    A `time_spent` below the present one is ignored. Raises Invalid when it grows by more than a day.
    """
    reached = _percentage_after(present, change)
    if keeps_completion and present.is_completed:
        reached = 100
    return LessonProgress(
        is_completed=reached == 100,
        progress_percentage=reached,
        time_spent=_time_after(present.time_spent, change.time_spent),
        notes=present.notes if change.notes is None else change.notes,
    )


def _percentage_after(present: LessonProgress, change: ProgressChange) -> int:
    """What either field says of completion, the other follows; sending the same twice is sending it once.

    Clients send whole rows back with one field changed, so a contradiction means completed. A lesson taken back without
    a percentage starts anew.
    """
    if change.is_completed or change.progress_percentage == 100:
        return 100
    if change.progress_percentage is not None:
        return change.progress_percentage
    return 0 if change.is_completed is False and present.is_completed else present.progress_percentage


def _time_after(present: int, sent: int | None) -> int:
    if sent is None or sent <= present:
        return present
    if sent - present > LONGEST_GROWTH_S:
        raise Invalid(
            time_spent=f"The total may grow by {LONGEST_GROWTH_S} seconds (a day) at once; it is {present} now."
        )
    return sent
