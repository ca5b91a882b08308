"""Copies of what other services own."""

from sqlalchemy import Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from catalog.models.table import Big, Choice, OwnersId, Table
from shared.contracts.enrollment.events import EnrollmentStatus
from shared.contracts.gateway.events import Role


class User(Table):
    """Copy of a user of the gateway. `revision` 0: no event yet, only what the user's own request told."""

    __tablename__ = "users"

    user_id: Mapped[OwnersId]
    revision: Mapped[Big]
    full_name: Mapped[str] = mapped_column(Text)
    role: Mapped[Role] = mapped_column(Choice)
    is_active: Mapped[bool] = mapped_column(default=True)


Index(
    "ix_users_teachers",
    func.to_tsvector(text("'plain'"), User.full_name),
    postgresql_using="gin",
    postgresql_where=text("role <> 'student'"),
)


class Enrollment(Table):
    """Copy of an enrollment: who may read what, and how many."""

    __tablename__ = "enrollments"
    __table_args__ = (UniqueConstraint("user_id", "course_id"), Index("ix_enrollments_course_id", "course_id"))

    enrollment_id: Mapped[OwnersId]
    revision: Mapped[Big]
    user_id: Mapped[Big]
    course_id: Mapped[Big]
    status: Mapped[EnrollmentStatus] = mapped_column(Choice)


class LessonAssessment(Table):
    """Copy of which lesson has an assessment. A deleted one stays, so that a late event cannot bring it back."""

    __tablename__ = "lesson_assessments"

    assessment_id: Mapped[OwnersId]
    revision: Mapped[Big]
    lesson_id: Mapped[Big] = mapped_column(index=True)
    is_deleted: Mapped[bool]
