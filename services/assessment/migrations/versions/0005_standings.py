"""What was last told of learners' standings, so that versions grow and a change of policy can be told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TIMESTAMP

revision = "0005"
down_revision = "0004"

MOMENT = TIMESTAMP(timezone=True)

FILL = """
    INSERT INTO standings (assessment_id, user_id, version, scoring_policy)
    SELECT DISTINCT assessments.id, attempts.user_id, 1, assessments.scoring_policy
    FROM attempts JOIN assessments ON assessments.id = attempts.assessment_id
    WHERE attempts.status = 'graded'
"""


def upgrade() -> None:
    op.add_column("assessments", sa.Column("policy_changed_at", MOMENT))
    op.create_index(
        "ix_assessments_policy_changed_at",
        "assessments",
        ["policy_changed_at"],
        postgresql_where=sa.text("policy_changed_at IS NOT NULL"),
    )
    op.create_table(
        "standings",
        sa.Column("assessment_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("scoring_policy", sa.String(20), nullable=False),
        sa.Column("has_passed", sa.Boolean),
        sa.PrimaryKeyConstraint("assessment_id", "user_id", name="pk_standings"),
        sa.ForeignKeyConstraint(["assessment_id"], ["assessments.id"], name="fk_standings_assessment_id"),
    )
    op.create_index("ix_standings_assessment_id_scoring_policy", "standings", ["assessment_id", "scoring_policy"])
    op.execute(FILL)
