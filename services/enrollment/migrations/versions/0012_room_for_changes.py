"""Room in the pages of enrollments for their changes.

Every change of progress changes its enrollment, and no index has a column that it changes: with room in its page, none
is written. Pages that are full stay so until their rows change.
"""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute("ALTER TABLE enrollments SET (fillfactor = 85)")


def downgrade() -> None:
    op.execute("ALTER TABLE enrollments RESET (fillfactor)")
