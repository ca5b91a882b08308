"""Reviews of courses."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, status

from enrollment.commands.reviews import (
    ReviewChange,
    create_review,
    delete_review,
    moderate_review,
    toggle_helpful,
    update_review,
)
from enrollment.learn import learn_course_to_read
from enrollment.models import ReviewStatus
from enrollment.queries.reviews import get_moderated_review, get_review, list_course_reviews, list_own_reviews
from enrollment.schemas.reviews import (
    CourseReviews,
    Helpfulness,
    ModeratedReviewView,
    ReviewCreate,
    ReviewModerate,
    ReviewReplace,
    ReviewUpdate,
    ReviewView,
)
from enrollment.settings import Settings
from shared.auth import Caller, Identity, Instructor, SignedIn
from shared.database import OpenDatabase, Reading, Transaction
from shared.fields import PathId, PathRef, QueryRef
from shared.pagination import Page, Paging
from shared.peers import AskPeers

router = APIRouter(tags=["reviews"])


async def _is_premoderated(request: Request) -> bool:
    settings: Settings = request.app.state.settings
    return settings.reviews_premoderated


Premoderated = Annotated[bool, Depends(_is_premoderated)]
"""Route parameter: whether reviews wait for a moderator before the public sees them."""


@router.get("/api/reviews/", name="list_reviews")
async def get_own(author: SignedIn, session: Reading, paging: Paging, course: QueryRef = None) -> Page[ReviewView]:
    """One's own reviews, newest first. `ordering`: `created_date`, `helpful_count`, `rating`."""
    return await list_own_reviews(session, author.user_id, paging, course=course)


@router.post("/api/reviews/", status_code=status.HTTP_201_CREATED, name="create_review")
async def write(
    body: ReviewCreate,
    author: SignedIn,
    database: OpenDatabase,
    peers: AskPeers,
    session: Transaction,
    is_premoderated: Premoderated,
) -> ReviewView:
    """Review a course that one is or was enrolled in (else 403 `ENROLLMENT_REQUIRED`); once (400 `ALREADY_REVIEWED`).

    It is approved at once, unless this platform moderates reviews first, or the last review of the same author here
    was rejected.
    """
    now = datetime.now(UTC)
    course_id = await learn_course_to_read(database, peers, body.course, author, now=now)
    fields = body.model_dump(exclude={"course"})
    review = await create_review(session, author, course_id, **fields, is_premoderated=is_premoderated, now=now)
    return await get_review(session, author, review.id)


@router.get("/api/reviews/{review_id}/", name="get_review")
async def get_one(review_id: PathId, caller: Caller, session: Reading) -> ReviewView:
    """An approved review, or one's own."""
    return await get_review(session, caller, review_id)


@router.put("/api/reviews/{review_id}/", name="replace_review")
async def replace(
    review_id: PathId, body: ReviewReplace, author: SignedIn, session: Transaction, is_premoderated: Premoderated
) -> ReviewView:
    """Change one's review. One that was rejected waits, hidden, for a moderator; an approved one stays visible, unless
    this platform moderates reviews first.
    """
    return await _change(review_id, body, author, session, is_premoderated)


@router.patch("/api/reviews/{review_id}/", name="update_review")
async def update(
    review_id: PathId, body: ReviewUpdate, author: SignedIn, session: Transaction, is_premoderated: Premoderated
) -> ReviewView:
    """Change some fields of one's review; moderated as by `PUT`."""
    return await _change(review_id, body, author, session, is_premoderated)


async def _change(
    review_id: int, body: ReviewUpdate, author: Identity, session: Transaction, is_premoderated: bool
) -> ReviewView:
    sent = ReviewChange(**body.model_dump(exclude_unset=True))
    now = datetime.now(UTC)
    await update_review(session, author, review_id, sent, is_premoderated=is_premoderated, now=now)
    return await get_review(session, author, review_id)


@router.delete("/api/reviews/{review_id}/", status_code=status.HTTP_204_NO_CONTENT, name="delete_review")
async def delete(review_id: PathId, author: SignedIn, session: Transaction) -> None:
    """Take one's review back."""
    await delete_review(session, author, review_id, now=datetime.now(UTC))


@router.post("/api/reviews/{review_id}/helpful/", name="toggle_helpful")
async def vote(review_id: PathId, voter: SignedIn, session: Transaction) -> Helpfulness:
    """Find a review helpful; once more takes that back. Never one's own (403)."""
    review, is_helpful = await toggle_helpful(session, voter, review_id)
    return Helpfulness(helpful_count=review.helpful_count, is_helpful=is_helpful)


@router.put("/api/reviews/{review_id}/moderate/", name="moderate_review")
async def moderate(
    review_id: PathId, body: ReviewModerate, moderator: Instructor, session: Transaction
) -> ModeratedReviewView:
    """Let the public see a review, or hide it; for the course's staff and administrators."""
    notes = body.moderation_notes if "moderation_notes" in body.model_fields_set else None
    await moderate_review(session, moderator, review_id, body.status, notes, now=datetime.now(UTC))
    return await get_moderated_review(session, review_id)


@router.get("/api/courses/{ref}/reviews/", name="list_course_reviews")
async def get_of_course(
    ref: PathRef,
    caller: Caller,
    database: OpenDatabase,
    peers: AskPeers,
    session: Reading,
    paging: Paging,
    rating: Annotated[int | None, Query(ge=1, le=5, description="Only reviews with so many stars.")] = None,
    status: Annotated[ReviewStatus, Query(description="Others than approved are for the course's staff.")] = "approved",
) -> CourseReviews:
    """A course's approved reviews, newest first, with the histogram and the average over all of them.

    `ordering`: `created_date`, `helpful_count`, `rating`.
    """
    course_id = await learn_course_to_read(database, peers, ref, caller, now=datetime.now(UTC))
    return await list_course_reviews(session, caller, course_id, paging, rating=rating, status=status)
