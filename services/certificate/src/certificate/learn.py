"""Asking the owners where a copy is silent or would say no, and keeping what they say.

No transaction is open while an owner is asked. When one does not answer, ServiceUnavailable goes to the caller.
"""

from sqlalchemy import select

from certificate import store
from certificate.domain.issuing import may_issue
from certificate.models import Completion, Course
from certificate.queries.standings import get_standing
from shared.contracts.assessment.http import CourseStanding
from shared.contracts.catalog.http import CourseState
from shared.contracts.gateway.http import UserState
from shared.database import Database
from shared.fields import LARGEST_ID
from shared.peers import Peers

NO_COURSE = 0
"""The id of no course: it fits no certificate."""


async def learn_course(database: Database, peers: Peers, course_id: int) -> CourseState | None:
    """The catalog's word on a course; None when there never was one."""
    return await _keep(database, await peers.get("catalog", f"/internal/courses/{course_id}/", CourseState))


async def learn_missing(database: Database, peers: Peers, completion: Completion) -> None:
    """Ask for the course where its copy does not promise a certificate, and for the learner where unknown.

    What is unknown after this, nobody knows.
    """
    async with database.reading() as session:
        course, learner = await store.get_copies(session, completion)
    is_promised = completion.state == "awaiting_assessments" or (course is not None and course.has_certificate)
    if not is_promised:
        await learn_course(database, peers, completion.course_id)
    if learner is None:
        user = await peers.get("gateway", f"/internal/users/{completion.user_id}/", UserState)
        if user is not None:
            async with database.transaction(aside=True) as session:
                await store.take_user(session, user)


async def ask_standing(database: Database, peers: Peers, completion: Completion) -> CourseStanding | None:
    """Assessment's word on what the learner must pass and has passed.

    Asked where the copies say yes, and where they have said no before: an edit of a policy or passing score may have
    changed that without an attempt's event. None otherwise, or from a release that does not know the question yet.
    """
    async with database.reading() as session:
        standing = await get_standing(session, completion)
    is_worth_asking = may_issue(standing) or completion.state == "awaiting_assessments"
    return await ask_word(peers, completion) if is_worth_asking else None


async def ask_word(peers: Peers, completion: Completion) -> CourseStanding | None:
    """The same, whatever the copies say."""
    path = f"/internal/courses/{completion.course_id}/standing/"
    return await peers.get("assessment", path, CourseStanding, {"user_id": completion.user_id})


async def find_course_id(database: Database, peers: Peers, ref: str) -> int:
    """The id of a course named by id or slug; 0, no course's id, when there is none. An id is not looked up."""
    if ref.isascii() and ref.isdecimal():
        return course_id if (course_id := int(ref)) <= LARGEST_ID else NO_COURSE
    async with database.reading() as session:
        known = await session.scalar(
            select(Course.course_id)
            .where(Course.slug == ref)
            .order_by(Course.is_deleted, Course.course_id.desc())
            .limit(1)
        )
    if known is not None:
        return known
    course = await _keep(database, await peers.get("catalog", "/internal/courses/", CourseState, {"slug": ref}))
    return course.course_id if course else NO_COURSE


async def is_course(database: Database, peers: Peers, course_id: int) -> bool:
    """Whether there is such a course, and it is not deleted."""
    async with database.reading() as session:
        known = await session.get(Course, course_id)
    if known is not None and not known.is_deleted:
        return True
    course = await learn_course(database, peers, course_id)
    return course is not None and not course.is_deleted


async def is_staff(database: Database, peers: Peers, course_id: int, user_id: int) -> bool:
    """Whether a user is on the course's staff: by the copy if it says yes, else by the catalog."""
    async with database.reading() as session:
        known = await session.get(Course, course_id)
    if known is not None and known.is_staff(user_id):
        return True
    course = await learn_course(database, peers, course_id)
    return course is not None and course.is_staff(user_id)


async def _keep(database: Database, course: CourseState | None) -> CourseState | None:
    if course is not None:
        async with database.transaction(aside=True) as session:
            await store.take_course(session, course)
    return course
