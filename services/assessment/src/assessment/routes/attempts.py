"""Attempts at assessments: starting, answering, completing, reading."""

from datetime import UTC, datetime
from ipaddress import ip_address
from random import SystemRandom
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from assessment.commands import answers as answer_commands
from assessment.commands import attempts as commands
from assessment.commands.attempts import Origin
from assessment.domain.paper import feedback_mode_of
from assessment.domain.showing import show_attempt, show_start
from assessment.learn import learn_enrollment, learn_staff, learn_staff_of_attempt
from assessment.models import Attempt
from assessment.queries import attempts as queries
from assessment.routes.attachments import BODY, SentAnswer
from assessment.routes.inputs import AskOwners
from assessment.schedules import complete_if_overdue
from assessment.schemas.attempts import (
    AttemptAnswerView,
    AttemptBrief,
    AttemptStart,
    AttemptView,
)
from assessment.store import get_answers
from shared.auth import SignedIn
from shared.database import OpenDatabase, Reading, Transaction
from shared.fields import PathId, QueryId
from shared.pagination import Page, Paging

LONGEST_USER_AGENT = 500

router = APIRouter(tags=["attempts"])


async def _origin(request: Request) -> Origin:
    """As the gateway tells it; for the staff to look at, not to rely on."""
    told = request.headers.get("X-Forwarded-For", "").partition(",")[0].strip()
    if not told and request.client is not None:
        told = request.client.host
    try:
        address = str(ip_address(told.partition("%")[0]))
    except ValueError:
        address = None
    return Origin(address, request.headers.get("User-Agent", "").replace("\0", "")[:LONGEST_USER_AGENT])


From = Annotated[Origin, Depends(_origin)]


@router.post("/api/assessments/{assessment_id}/start/", status_code=201, responses={200: {"model": AttemptStart}})
async def start_attempt(
    assessment_id: PathId, learner: SignedIn, origin: From, session: Transaction, owners: AskOwners, response: Response
) -> AttemptStart:
    """Start an attempt at an assessment of a course that you are enrolled in; an open one is returned with 200.

    Past `expires_at` (null without a time limit) no more answers are taken, and the server completes the attempt.
    Refused are: those not enrolled, more attempts than allowed, another one too soon (`details.available_at`), and a
    start outside of the assessment's window.
    """
    now = datetime.now(UTC)
    await learn_enrollment(owners, learner, assessment_id)
    attempt, is_new = await commands.start_attempt(
        session, learner, assessment_id, now=now, origin=origin, random=SystemRandom()
    )
    response.status_code = 201 if is_new else 200
    return show_start(attempt, [] if is_new else await get_answers(session, [attempt.id]), now)


@router.post(
    "/api/attempt-answers/", status_code=201, responses={200: {"model": AttemptAnswerView}}, openapi_extra=BODY
)
async def save_answer(
    sent: SentAnswer, learner: SignedIn, session: Transaction, database: OpenDatabase, response: Response
) -> AttemptAnswerView:
    """Save the answer to a question of your open attempt: 201, or 200 when it replaces an earlier one.

    Give `selected_answer_id`, or for `multiple_select` the list `selected_answer_ids`; an empty list takes the answer
    back. With immediate feedback `result` tells at once what it is worth, and the answer is final.

    An essay whose `config` has `allow_attachments` takes one file of at most 10 MB: send multipart/form-data with the
    file as `attachment`. What it is, its bytes say. Another one takes its place; an empty answer takes it back.
    """
    now = datetime.now(UTC)
    await complete_if_overdue(database, Attempt.id == sent.answer.attempt_id, now=now)
    saved = await answer_commands.save_answer(session, learner, sent.answer, attachment=sent.attachment, now=now)
    response.status_code = 201 if saved.is_first else 200
    return saved.view


@router.post("/api/assessment-attempts/{attempt_id}/complete/")
async def complete_attempt(attempt_id: PathId, learner: SignedIn, session: Transaction) -> AttemptView:
    """Complete your attempt; what was not answered earns nothing. Doing it twice gives the same answer.

    `answers` tells as much as the assessment's `feedback_mode` allows.
    """
    now = datetime.now(UTC)
    attempt, answers = await commands.complete_attempt(session, learner, attempt_id, now=now)
    mode = feedback_mode_of(attempt.assessment)
    return show_attempt(attempt, answers, feedback_mode=mode, to_staff=False, now=now)


@router.get("/api/assessment-attempts/")
async def list_attempts(
    user: SignedIn, session: Reading, owners: AskOwners, paging: Paging, assessment: QueryId = None
) -> Page[AttemptBrief]:
    """Your attempts, newest first; with `assessment`, for staff of its course, those of all learners at it.

    `ordering` by `start_time`.
    """
    now = datetime.now(UTC)
    touched = Attempt.user_id == user.user_id
    if assessment is not None and user.has_role("instructor"):
        await learn_staff(owners, user, assessment)
        touched = Attempt.assessment_id == assessment
    await complete_if_overdue(owners.database, touched, now=now)
    return await queries.list_attempts(session, user, paging, assessment_id=assessment)


@router.get("/api/assessment-attempts/{attempt_id}/")
async def get_attempt(attempt_id: PathId, user: SignedIn, session: Reading, owners: AskOwners) -> AttemptView:
    """One of your attempts, or for staff one in their course: its questions, what was saved, and the results.

    `answers` tells as much as the assessment's `feedback_mode` allows; to staff, everything.
    """
    now = datetime.now(UTC)
    await learn_staff_of_attempt(owners, user, attempt_id)
    await complete_if_overdue(owners.database, Attempt.id == attempt_id, now=now)
    return await queries.get_attempt(session, user, attempt_id, now=now)
