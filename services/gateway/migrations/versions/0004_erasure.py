"""erasure, jobs, service accounts"""

import sqlalchemy as sa
from alembic import op

from shared.migrations import create_job_tables

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_job_tables(op, "gateway")
    op.execute("CREATE INDEX jobs_erasures ON jobs (user_id) WHERE kind = 'gateway.erasure'")
    op.add_column("users", sa.Column("erased_date", sa.DateTime(timezone=True)))
    op.add_column("users", sa.Column("is_service", sa.Boolean, nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("users", "is_service")
    op.drop_column("users", "erased_date")
    op.execute("DROP TABLE job_rows, jobs")
