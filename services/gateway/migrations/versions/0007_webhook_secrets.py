"""webhooks have a secret of before for a while"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("old_secret", sa.LargeBinary))
    op.add_column("webhooks", sa.Column("old_secret_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("webhooks", "old_secret_until")
    op.drop_column("webhooks", "old_secret")
