"""How much time a heartbeat tells: by the server's clock, and no second twice."""

from datetime import datetime, timedelta

from enrollment.models import HeartbeatState

LONGEST_S = 60
"""A heartbeat adds no more, however long the one before it is past."""


def count_beat(
    last_state: HeartbeatState | None,
    lesson_until: datetime | None,
    learner_until: datetime | None,
    state: HeartbeatState,
    now: datetime,
) -> tuple[int, datetime]:
    """Seconds that a heartbeat adds to a lesson, and up to when it is then counted.

    Time counts between two active heartbeats in the lesson, from where the lesson and the learner (in any lesson, so
    that two tabs do not double it) are counted up to. What is less than a second is left for the next one.
    """
    if state != "active" or last_state != "active" or lesson_until is None:
        return 0, now
    since = max(lesson_until, learner_until or lesson_until)
    elapsed = (now - since) // timedelta(seconds=1)
    if elapsed >= LONGEST_S:
        return LONGEST_S, now
    added = max(0, elapsed)
    return added, since + timedelta(seconds=added)
