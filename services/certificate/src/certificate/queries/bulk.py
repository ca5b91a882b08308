"""Which enrollments and certificates bulk work is about."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.models import Certificate, Completion
from shared.errors import Invalid, NotFound
from shared.jobs import MOST_ROWS


async def list_enrollments(session: AsyncSession, course_id: int, action: str) -> Sequence[int]:
    """All of a course that an action can be about, by id. Raises Invalid when they are more than a job takes."""
    statement: Select[int]
    if action == "issue":
        statement = select(Completion.enrollment_id).where(
            Completion.course_id == course_id, Completion.state != "issued"
        )
    else:
        statement = select(Certificate.enrollment_id).where(
            Certificate.course_id == course_id, Certificate.status == "active"
        )
    found = (await session.scalars(statement.order_by(statement.selected_columns[0]).limit(MOST_ROWS + 1))).all()
    if len(found) > MOST_ROWS:
        raise Invalid(enrollment_ids=f"The course has more than {MOST_ROWS}: name those that are meant.")
    return found


async def get_newest(session: AsyncSession, course_id: int, enrollment_id: int) -> Certificate:
    """The certificate of an enrollment: the last, where some were reissued. Raises NotFound."""
    newest = await session.scalar(
        select(Certificate)
        .where(Certificate.enrollment_id == enrollment_id, Certificate.course_id == course_id)
        .order_by(Certificate.id.desc())
        .limit(1)
    )
    if newest is None:
        raise NotFound("This enrollment has no certificate of the course.")
    return newest


async def list_newest(session: AsyncSession, course_id: int, enrollment_ids: Collection[int]) -> Sequence[Certificate]:
    """The same for several; those without are left out."""
    found = await session.scalars(
        select(Certificate)
        .ext(distinct_on(Certificate.enrollment_id))
        .where(Certificate.enrollment_id.in_(enrollment_ids), Certificate.course_id == course_id)
        .order_by(Certificate.enrollment_id, Certificate.id.desc())
    )
    return found.all()


async def list_completions(
    session: AsyncSession, course_id: int, enrollment_ids: Collection[int]
) -> Sequence[Completion]:
    """Completed enrollments that have no certificate yet."""
    found = await session.scalars(
        select(Completion).where(
            Completion.enrollment_id.in_(enrollment_ids),
            Completion.course_id == course_id,
            Completion.state != "issued",
        )
    )
    return found.all()


async def list_numbered(session: AsyncSession, numbers: Collection[str]) -> Sequence[Certificate]:
    """Certificates by their numbers."""
    return (await session.scalars(select(Certificate).where(Certificate.certificate_number.in_(numbers)))).all()
