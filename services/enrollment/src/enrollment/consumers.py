"""Events from other services: courses and their outlines, users, certificates, assessments and attempts; and what
learners do elsewhere, for the figures of analytics.
"""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from enrollment.commands.activity import note
from enrollment.commands.assessments import take_assessment, take_attempt
from enrollment.commands.copies import take_certificate, take_user
from enrollment.commands.erasure import erase_user
from enrollment.commands.outlines import take_course
from enrollment.domain.activity import Act
from shared.contracts.assessment.events import (
    AssessmentCreated,
    AssessmentDeleted,
    AssessmentEvent,
    AssessmentUpdated,
    AttemptGraded,
)
from shared.contracts.catalog.events import (
    CourseCreated,
    CourseDeleted,
    CourseEvent,
    CoursePublished,
    CourseUnpublished,
    CourseUpdated,
    ResourceDownloaded,
)
from shared.contracts.certificate.events import (
    CertificateIssued,
    CertificateRevoked,
    CertificateState,
    CertificateSuperseded,
)
from shared.contracts.gateway.events import UserErased, UserEvent, UserLoggedIn, UserRegistered, UserUpdated
from shared.inbox import Handlers


async def on_course(session: AsyncSession, event: CourseEvent) -> None:
    await take_course(session, event, now=datetime.now(UTC))


async def on_user(session: AsyncSession, event: UserEvent) -> None:
    await take_user(session, event)


async def on_user_erased(session: AsyncSession, event: UserErased) -> None:
    await erase_user(session, event)


async def on_certificate(session: AsyncSession, event: CertificateState) -> None:
    await take_certificate(session, event)


async def on_assessment(session: AsyncSession, event: AssessmentEvent) -> None:
    await take_assessment(session, event)


async def on_attempt_graded(session: AsyncSession, event: AttemptGraded) -> None:
    await take_attempt(session, event, now=datetime.now(UTC))


async def on_login(session: AsyncSession, event: UserLoggedIn) -> None:
    await note(session, Act(event.user_id, 0, "logged_in"), now=datetime.now(UTC))


async def on_download(session: AsyncSession, event: ResourceDownloaded) -> None:
    act = Act(event.user_id, event.course_id, "downloaded", event.lesson_id)
    await note(session, act, now=datetime.now(UTC))


HANDLERS: Handlers = {
    CourseCreated: on_course,
    CourseUpdated: on_course,
    CoursePublished: on_course,
    CourseUnpublished: on_course,
    CourseDeleted: on_course,
    UserRegistered: on_user,
    UserUpdated: on_user,
    UserErased: on_user_erased,
    CertificateIssued: on_certificate,
    CertificateRevoked: on_certificate,
    CertificateSuperseded: on_certificate,
    AssessmentCreated: on_assessment,
    AssessmentUpdated: on_assessment,
    AssessmentDeleted: on_assessment,
    AttemptGraded: on_attempt_graded,
    UserLoggedIn: on_login,
    ResourceDownloaded: on_download,
}
