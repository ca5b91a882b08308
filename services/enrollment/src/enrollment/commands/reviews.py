"""Writing, changing, moderating and taking back reviews."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import note
from enrollment.commands.copies import note_user
from enrollment.commands.ratings import count_review
from enrollment.domain.activity import Act
from enrollment.domain.completion import EnrollmentRequired
from enrollment.domain.ratings import counted
from enrollment.domain.reviews import (
    AlreadyReviewed,
    can_see,
    check_can_moderate,
    check_can_vote,
    check_is_author,
    status_after_edit,
    status_when_written,
)
from enrollment.models import Course, Enrollment, Rejection, Review, ReviewStatus, Vote
from enrollment.store import is_enrolled
from shared import outbox
from shared.auth import Identity
from shared.contracts.enrollment.events import ReviewCreated, ReviewDeleted, ReviewEvent, ReviewUpdated
from shared.errors import NotFound

R = TypeVar("R", bound=ReviewEvent)


@dataclass(frozen=True)
class ReviewChange:
    """What an author sends: any subset of the fields; None leaves the field as it is."""

    rating: int | None = None
    title: str | None = None
    content: str | None = None


async def create_review(
    session: AsyncSession,
    author: Identity,
    course_id: int,
    *,
    rating: int,
    title: str,
    content: str,
    is_premoderated: bool,
    now: datetime,
) -> Review:
    """Review a course. Of two requests at once, one is refused.

    Raises NotFound, EnrollmentRequired (never enrolled) or AlreadyReviewed.
    """
    await _check_can_review(session, author, course_id)
    whose = (Rejection.user_id == author.user_id, Rejection.course_id == course_id)
    was_rejected = bool(await session.scalar(select(exists().where(*whose))))
    values = {"rating": rating, "title": title, "content": content, "created_date": now, "updated_date": now}
    review: Review | None = await session.scalar(
        insert(Review)
        .values(
            user_id=author.user_id,
            course_id=course_id,
            status=status_when_written(is_premoderated=is_premoderated, was_rejected=was_rejected),
            **values,
        )
        .on_conflict_do_nothing(index_elements=["user_id", "course_id"])
        .returning(Review)
    )
    if review is None:
        raise AlreadyReviewed
    await note_user(session, author)
    changed = await count_review(session, course_id, None, counted(review.status, review.rating))
    await outbox.record(session, _event_of(ReviewCreated, review), *changed)
    await note(session, Act(author.user_id, course_id, "reviewed"), now=now)
    return review


async def _check_can_review(session: AsyncSession, author: Identity, course_id: int) -> None:
    course = await session.get(Course, course_id)
    if course is None or course.is_deleted:
        raise NotFound
    if not await is_enrolled(session, author.user_id, course_id):
        raise EnrollmentRequired("Only those who are or were enrolled in a course can review it.")


async def update_review(
    session: AsyncSession,
    author: Identity,
    review_id: int,
    change: ReviewChange,
    *,
    is_premoderated: bool,
    now: datetime,
) -> Review:
    """Change one's review. What changes nothing is told to nobody. Raises NotFound, PermissionDenied."""
    review, _ = await _lock_seen(session, author, review_id)
    check_is_author(review, author)
    before = counted(review.status, review.rating)
    sent = {name: value for name, value in vars(change).items() if value is not None}
    if all(getattr(review, name) == value for name, value in sent.items()):
        return review
    for name, value in sent.items():
        setattr(review, name, value)
    review.status = status_after_edit(review.status, is_premoderated=is_premoderated)
    await _tell_change(session, review, before, now)
    return review


async def moderate_review(
    session: AsyncSession,
    moderator: Identity,
    review_id: int,
    status: ReviewStatus,
    notes: str | None,
    *,
    now: datetime,
) -> Review:
    """Let the public see a review, or hide it. Repeating it changes nothing. Raises NotFound, PermissionDenied."""
    review, course = await _lock_seen(session, moderator, review_id)
    check_can_moderate(course, moderator)
    if notes is not None:
        review.moderation_notes = notes
    if status != review.status:
        before = counted(review.status, review.rating)
        review.status = status
        await _note_rejection(session, review)
        await _tell_change(session, review, before, now)
    return review


async def _note_rejection(session: AsyncSession, review: Review) -> None:
    values = {"user_id": review.user_id, "course_id": review.course_id}
    if review.status == "rejected":
        await session.execute(insert(Rejection).values(values).on_conflict_do_nothing())
    else:
        await session.execute(delete(Rejection).filter_by(**values))


async def delete_review(session: AsyncSession, author: Identity, review_id: int, *, now: datetime) -> None:
    """Take one's review back, with the votes for it. Raises NotFound, PermissionDenied."""
    review, _ = await _lock_seen(session, author, review_id)
    check_is_author(review, author)
    before = counted(review.status, review.rating)
    await session.delete(review)
    await session.flush()
    review.revision += 1
    changed = await count_review(session, review.course_id, before, None)
    gone = _event_of(ReviewDeleted, review).model_copy(update={"is_approved": False})
    await outbox.record(session, gone, *changed)


async def toggle_helpful(session: AsyncSession, voter: Identity, review_id: int) -> tuple[Review, bool]:
    """Find a review helpful, or take that back; and which of both it was. Raises NotFound, PermissionDenied (own)."""
    review, _ = await _lock_seen(session, voter, review_id)
    check_can_vote(review, voter)
    vote = {"review_id": review_id, "user_id": voter.user_id}
    withdrawn = await session.scalar(delete(Vote).filter_by(**vote).returning(Vote.review_id))
    if withdrawn is None:
        await session.execute(insert(Vote).values(vote))
    review.helpful_count += 1 if withdrawn is None else -1
    return review, withdrawn is None


async def _lock_seen(session: AsyncSession, caller: Identity, review_id: int) -> tuple[Review, Course]:
    """A review that the caller may know of, locked, and its course. Raises NotFound."""
    enrolled = exists().where(Enrollment.user_id == caller.user_id, Enrollment.course_id == Review.course_id)
    statement = (
        select(Review, Course, enrolled.label("is_enrolled"))
        .join(Course, Course.course_id == Review.course_id)
        .where(Review.id == review_id)
        .with_for_update(of=Review)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(statement)).one_or_none()
    if found is None or not can_see(found.Review, found.Course, caller, is_enrolled=found.is_enrolled):
        raise NotFound
    return found.Review, found.Course


async def _tell_change(session: AsyncSession, review: Review, before: int | None, now: datetime) -> None:
    review.revision += 1
    review.updated_date = now
    await session.flush()
    changed = await count_review(session, review.course_id, before, counted(review.status, review.rating))
    await outbox.record(session, _event_of(ReviewUpdated, review), *changed)


def _event_of(kind: type[R], review: Review) -> R:
    return kind(
        version=review.revision,
        review_id=review.id,
        user_id=review.user_id,
        course_id=review.course_id,
        rating=review.rating,
        is_approved=review.status == "approved",
    )
