"""A learner's figures."""

from datetime import UTC, datetime

from fastapi import APIRouter

from enrollment.queries.stats import get_progress_stats
from enrollment.schemas.stats import ProgressStats
from shared.auth import SignedIn
from shared.database import Reading

router = APIRouter(tags=["progress"])


@router.get("/api/user/progress-stats/", name="get_progress_stats")
async def get_stats(learner: SignedIn, session: Reading) -> ProgressStats:
    """One's own figures over all courses."""
    return await get_progress_stats(session, learner.user_id, now=datetime.now(UTC))
