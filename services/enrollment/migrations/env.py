"""Run by Alembic; everything is in `shared.migrations`."""

from enrollment.models import Table
from shared.migrations import run

run(Table.metadata)
