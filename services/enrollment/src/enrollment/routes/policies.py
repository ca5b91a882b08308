"""How a course measures progress."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.policies import PolicyChange, set_policy
from enrollment.learn import learn_course_to_manage, learn_course_to_read
from enrollment.models import WEIGHT_UNIT
from enrollment.queries.policies import get_progress_policy
from enrollment.schemas.policies import PolicyReplace, PolicyUpdate, PolicyView
from shared.auth import Caller, Identity, Instructor
from shared.database import Database, OpenDatabase, Reading, Transaction
from shared.fields import PathRef
from shared.peers import AskPeers, Peers

router = APIRouter(tags=["progress"])


@router.get("/api/courses/{ref}/progress-policy/", name="get_progress_policy")
async def get_one(
    ref: PathRef, caller: Caller, database: OpenDatabase, peers: AskPeers, session: Reading
) -> PolicyView:
    """How the course measures progress: by lessons, unless its staff decided otherwise."""
    course_id = await learn_course_to_read(database, peers, ref, caller, now=datetime.now(UTC))
    return await get_progress_policy(session, caller, course_id)


@router.put("/api/courses/{ref}/progress-policy/", name="replace_progress_policy")
async def replace(
    ref: PathRef, body: PolicyReplace, staff: Instructor, database: OpenDatabase, peers: AskPeers, session: Transaction
) -> PolicyView:
    """Decide how the course measures progress; for its staff and administrators.

    - `lessons`: lessons done of all lessons, each with the weight of its type (1 where `type_weights` has none).
    - `time`: time spent of the time that lessons are to take, no lesson counting for more than its own.
    - `assessments`: required assessments passed of all required ones.
    - `weighted`: all three, with `weights` shared out over those that the course has.

    Percentages are exact and floored: 100 only when all of it is done. A course with nothing of what its policy
    measures counts lessons. With `sequential`, writing progress in a lesson whose earlier ones are not done is 403
    `LESSON_LOCKED`. Learners go on meanwhile; their percentages follow within seconds. Completed enrollments stay so.
    """
    return await _change(ref, body, staff, database, peers, session)


@router.patch("/api/courses/{ref}/progress-policy/", name="update_progress_policy")
async def update(
    ref: PathRef, body: PolicyUpdate, staff: Instructor, database: OpenDatabase, peers: AskPeers, session: Transaction
) -> PolicyView:
    """Change some fields of the course's progress policy, as by `PUT`."""
    return await _change(ref, body, staff, database, peers, session)


async def _change(
    ref: str, body: PolicyUpdate, staff: Identity, database: Database, peers: Peers, session: AsyncSession
) -> PolicyView:
    now = datetime.now(UTC)
    course_id = await learn_course_to_manage(database, peers, ref, staff, now=now)
    await set_policy(session, staff, course_id, _change_of(body), now=now)
    return await get_progress_policy(session, staff, course_id)


def _change_of(body: PolicyUpdate) -> PolicyChange:
    sent = body.model_fields_set
    fields: dict[str, Any] = {name: getattr(body, name) for name in ("method", "sequential") if name in sent}
    if "weights" in sent:
        weights = body.weights
        fields |= {"lesson_weight": _units(weights.lesson), "time_weight": _units(weights.time)}
        fields["assessment_weight"] = _units(weights.assessment)
    if "type_weights" in sent:
        fields["type_weights"] = {name: _units(weight) for name, weight in body.type_weights.items()}
    return PolicyChange(**fields)


def _units(weight: Decimal) -> int:
    return int(weight * WEIGHT_UNIT)
