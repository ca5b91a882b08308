"""Reviews as their authors, the public and the course's staff see them."""

from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.courses import can_manage, can_read
from enrollment.domain.ratings import average_of, histogram_of
from enrollment.domain.reviews import can_see
from enrollment.models import Course, Enrollment, Rating, Review, ReviewStatus, User
from enrollment.schemas.reviews import AuthorSummary, CourseReviews, ModeratedReviewView, ReviewView
from enrollment.store import is_course, is_enrolled
from shared.auth import Identity
from shared.errors import NotFound, PermissionDenied
from shared.pagination import Key, Page, PageRequest, order_of, paginate

_ROW = Review.__table__.c
_ORDERINGS = {name: _ROW[name] for name in ("created_date", "rating", "helpful_count")}
_NEWEST_FIRST = [Key(_ROW.created_date, descending=True)]


async def get_review(session: AsyncSession, caller: Identity | None, review_id: int) -> ReviewView:
    """A review that the caller may see. Raises NotFound."""
    statement = _reviews().add_columns(Course).join(Course, Course.course_id == Review.course_id)
    row = (await session.execute(statement.where(Review.id == review_id))).one_or_none()
    if row is None:
        raise NotFound
    is_reader = caller is not None and await is_enrolled(session, caller.user_id, row.Course.course_id)
    if not can_see(row.Review, row.Course, caller, is_enrolled=is_reader):
        raise NotFound
    return _view(row)


async def get_moderated_review(session: AsyncSession, review_id: int) -> ModeratedReviewView:
    """A review as staff see it; the caller has checked that they may."""
    return _moderated_view((await session.execute(_reviews().where(Review.id == review_id))).one())


async def list_own_reviews(
    session: AsyncSession, author_id: int, request: PageRequest, *, course: str | None
) -> Page[ReviewView]:
    """The author's own, whatever their status, newest first."""
    statement = _reviews().where(Review.user_id == author_id)
    if course is not None:
        statement = statement.where(Review.course_id.in_(select(Course.course_id).where(is_course(course))))
    return await paginate(session, statement, request, _keys(request), _view)


async def list_course_reviews(
    session: AsyncSession,
    caller: Identity | None,
    course_id: int,
    request: PageRequest,
    *,
    rating: int | None,
    status: ReviewStatus,
) -> CourseReviews:
    """A course's reviews, newest first, with the histogram of the approved ones.

    Others than approved are for the course's staff. Raises NotFound, PermissionDenied.
    """
    course = await session.get(Course, course_id)
    is_reader = caller is not None and await is_enrolled(session, caller.user_id, course_id)
    if course is None or not can_read(course, caller, is_enrolled=is_reader):
        raise NotFound
    if status != "approved" and not (caller is not None and can_manage(course, caller)):
        raise PermissionDenied("Only the course's staff see reviews that are not approved.")
    statement = _reviews().where(Review.course_id == course_id, Review.status == status)
    if rating is not None:
        statement = statement.where(Review.rating == rating)
    page = await paginate(session, statement, request, _keys(request), _view)
    histogram = histogram_of(await session.get(Rating, course_id))
    return CourseReviews(
        count=page.count,
        next=page.next,
        previous=page.previous,
        results=page.results,
        histogram=histogram,
        average=average_of(histogram),
    )


def _reviews() -> Select[Any]:
    """Reviews with their authors' names, and whether they learn or have learned what they write about."""
    name = func.coalesce(User.full_name, "").label("user_name")
    verified = func.coalesce(Enrollment.status.in_(("active", "completed")), False).label("is_verified")
    whose = (Enrollment.user_id == Review.user_id) & (Enrollment.course_id == Review.course_id)
    reviews = select(Review).add_columns(name, verified)
    return reviews.outerjoin(User, User.user_id == Review.user_id).outerjoin(Enrollment, whose)


def _keys(request: PageRequest) -> list[Key]:
    return order_of(request, _ORDERINGS, default=_NEWEST_FIRST, unique=Key(_ROW.id, descending=True))


def _view(row: Row[Any]) -> ReviewView:
    return ReviewView(**_fields(row))


def _moderated_view(row: Row[Any]) -> ModeratedReviewView:
    return ModeratedReviewView(**_fields(row), moderation_notes=row.Review.moderation_notes)


def _fields(row: Row[Any]) -> dict[str, Any]:
    review = row.Review
    copied = ("id", "rating", "title", "content", "status", "helpful_count", "created_date", "updated_date")
    return {name: getattr(review, name) for name in copied} | {
        "user": AuthorSummary(id=review.user_id, name=row.user_name),
        "course": review.course_id,
        "is_approved": review.status == "approved",
        "is_verified_purchase": row.is_verified,
    }
