"""A learner's own progress in lessons."""

from datetime import UTC, datetime

from fastapi import APIRouter

from enrollment.commands.hot_heartbeats import count_heartbeat
from enrollment.commands.hot_progress import change_progress
from enrollment.domain.progress import ProgressChange
from enrollment.queries.progress import get_progress, list_progress, view_update
from enrollment.schemas.progress import Heartbeat, HeartbeatView, ProgressUpdate, ProgressUpdated, ProgressView
from shared.auth import SignedIn
from shared.database import OpenDatabase, Reading
from shared.fields import PathId, QueryId, QueryRef
from shared.pagination import Page, Paging

router = APIRouter(tags=["progress"])


@router.get("/api/progress/", name="list_progress")
async def get_list(
    learner: SignedIn,
    session: Reading,
    paging: Paging,
    lesson: QueryId = None,
    course: QueryRef = None,
    enrollment: QueryId = None,
) -> Page[ProgressView]:
    """One's own progress, a row for every lesson, in the order of the course.

    `ordering`: `last_accessed`, `progress_percentage`, `time_spent`.
    """
    return await list_progress(session, learner.user_id, paging, lesson=lesson, course=course, enrollment=enrollment)


@router.get("/api/progress/{progress_id}/", name="get_progress")
async def get_one(progress_id: PathId, learner: SignedIn, session: Reading) -> ProgressView:
    """One's own progress in one lesson."""
    return await get_progress(session, learner.user_id, progress_id)


@router.put("/api/progress/{progress_id}/", name="replace_progress")
@router.patch("/api/progress/{progress_id}/", name="update_progress")
async def change(
    progress_id: PathId, body: ProgressUpdate, learner: SignedIn, database: OpenDatabase
) -> ProgressUpdated:
    """Write progress in a lesson: any subset of the fields. Answers with the row and the enrollment after the change.

    `is_completed` and a percentage of 100 imply each other. A completed lesson is taken back by a lower percentage, or
    by `is_completed: false` alone. `time_spent` is the total in seconds: a lower one than the present is ignored, and
    it grows by 86400 at most at once. When the last lesson is done the enrollment is complete, and stays so, as do the
    lessons done in it.
    """
    sent = ProgressChange(**body.model_dump(exclude_unset=True))
    changed = await change_progress(database, learner.user_id, progress_id, sent, now=datetime.now(UTC))
    return view_update(*changed)


@router.post("/api/progress/{progress_id}/heartbeat/", name="send_heartbeat")
async def heartbeat(progress_id: PathId, body: Heartbeat, learner: SignedIn, database: OpenDatabase) -> HeartbeatView:
    """Tell that the lesson is open, every 30 seconds or so; the time between is added to `time_spent`.

    The server's clock counts, from one `active` heartbeat to the next: 60 seconds at most, nothing while `paused` or
    `idle`, and no second twice, in however many tabs or lessons it is told.
    """
    row, added = await count_heartbeat(
        database, learner.user_id, progress_id, body.state, body.position_seconds, now=datetime.now(UTC)
    )
    return HeartbeatView(time_spent=row.time_spent, added_seconds=added)
