"""Keeping the count of a course's approved reviews. Lock the review first: the rating is the last row locked."""

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.domain.ratings import average_of, deltas, histogram_of
from enrollment.models import Rating
from shared.contracts.enrollment.events import RatingChanged


async def count_review(
    session: AsyncSession, course_id: int, before: int | None, after: int | None
) -> list[RatingChanged]:
    """Count one review, whose stars were `before` and are `after` (None: not counted). The event to tell, if any.

    By deltas under the row's lock, so that any number at once comes out right.
    """
    changes = deltas(before, after)
    if not changes:
        return []
    await session.execute(insert(Rating).values(course_id=course_id).on_conflict_do_nothing())
    columns = {f"star_{stars}": getattr(Rating, f"star_{stars}") + change for stars, change in changes.items()}
    rating = await session.scalar(
        update(Rating)
        .where(Rating.course_id == course_id)
        .values(columns | {"revision": Rating.revision + 1})
        .returning(Rating)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return [event_of_rating(rating)] if rating is not None else []


def event_of_rating(rating: Rating) -> RatingChanged:
    histogram = histogram_of(rating)
    return RatingChanged(
        version=rating.revision,
        course_id=rating.course_id,
        average=average_of(histogram),
        count=sum(histogram.values()),
        histogram=histogram,
    )
