"""How a course measures progress."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from enrollment.models.copies import Course
from enrollment.models.table import Moment, Table

ProgressMethod = Literal["lessons", "time", "assessments", "weighted"]

WEIGHT_UNIT = 10_000
"""Weights are kept as whole ten-thousandths, so that percentages are exact."""


class ProgressPolicy(Table):
    """How a course measures progress; a course without a row counts lessons. Weights are in `WEIGHT_UNIT`.

    `revision` rises with whatever changes the progress of all learners: the policy, the lessons and assessments that it
    measures. Enrollments with another `policy_revision` are to be counted anew; none is left at `applied_revision`.
    """

    __tablename__ = "progress_policies"
    __table_args__ = (
        CheckConstraint("method IN ('lessons', 'time', 'assessments', 'weighted')", name="method"),
        CheckConstraint("least(lesson_weight, time_weight, assessment_weight) >= 0", name="weights"),
        Index("ix_progress_policies_stale", "course_id", postgresql_where=text("applied_revision < revision")),
    )

    course_id: Mapped[int] = mapped_column(ForeignKey(Course.course_id), primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger, server_default="1")
    applied_revision: Mapped[int] = mapped_column(BigInteger, server_default="0")
    method: Mapped[ProgressMethod] = mapped_column(Text, server_default="lessons")
    lesson_weight: Mapped[int] = mapped_column(BigInteger, server_default=text(str(WEIGHT_UNIT)))
    time_weight: Mapped[int] = mapped_column(BigInteger, server_default=text(str(WEIGHT_UNIT)))
    assessment_weight: Mapped[int] = mapped_column(BigInteger, server_default=text(str(WEIGHT_UNIT)))
    type_weights: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Weight of a lesson by its type; a type that is not here weighs one."""
    sequential: Mapped[bool] = mapped_column(server_default="false")
    updated_date: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
