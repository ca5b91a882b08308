"""SQL that several commands share: copies of what others own, completions, and the events of a certificate."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from certificate.models import Assessment, Attempt, Certificate, Completion, Course, User
from shared.contracts.assessment.events import AssessmentState, AttemptState
from shared.contracts.catalog.events import CourseState
from shared.contracts.certificate.events import CertificateIssued
from shared.contracts.gateway.events import UserState
from shared.copies import take


async def take_course(session: AsyncSession, course: CourseState) -> bool:
    """Keep the catalog's state of a course. False when what is kept is as new; so for all copies."""
    return await take(
        session,
        Course,
        course_id=course.course_id,
        revision=course.version,
        slug=course.slug,
        title=course.title,
        level=course.level,
        duration_minutes=course.duration_minutes,
        has_certificate=course.has_certificate,
        is_deleted=course.is_deleted,
        staff=[member.model_dump() for member in course.staff],
    )


async def take_user(session: AsyncSession, user: UserState) -> bool:
    return await take(session, User, user_id=user.user_id, revision=user.version, full_name=user.full_name)


async def take_assessment(session: AsyncSession, assessment: AssessmentState) -> bool:
    return await take(
        session,
        Assessment,
        assessment_id=assessment.assessment_id,
        revision=assessment.version,
        course_id=assessment.course_id,
        is_required=assessment.is_required,
        is_deleted=assessment.is_deleted,
    )


async def take_attempt(session: AsyncSession, attempt: AttemptState) -> bool:
    return await take(
        session,
        Attempt,
        attempt_id=attempt.attempt_id,
        revision=attempt.version,
        user_id=attempt.user_id,
        assessment_id=attempt.assessment_id,
        has_passed=attempt.has_passed,
    )


async def lock_completion(session: AsyncSession, enrollment_id: int) -> Completion | None:
    """The completed enrollment, for this transaction alone."""
    return await session.scalar(
        select(Completion)
        .where(Completion.enrollment_id == enrollment_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def get_copies(session: AsyncSession, completion: Completion) -> tuple[Course | None, User | None]:
    """What is known of the course and the learner."""
    row = await session.execute(
        select(Course, User)
        .select_from(Completion)
        .outerjoin(Course, Course.course_id == Completion.course_id)
        .outerjoin(User, User.user_id == Completion.user_id)
        .where(Completion.enrollment_id == completion.enrollment_id)
        .execution_options(populate_existing=True)
    )
    course, user = row.one()
    return course, user


def issued_event(certificate: Certificate, public_url: str) -> CertificateIssued:
    return CertificateIssued(
        version=certificate.revision,
        certificate_id=certificate.id,
        certificate_number=certificate.certificate_number,
        enrollment_id=certificate.enrollment_id,
        user_id=certificate.user_id,
        course_id=certificate.course_id,
        course_title=certificate.course_title,
        status=certificate.status,
        completion_date=certificate.completion_date,
        issued_at=certificate.issued_at,
        verification_url=certificate.verification_url(public_url),
        supersedes=certificate.supersedes_id,
    )
