"""Run by Alembic; everything is in `shared.migrations`."""

from gateway.models import Table
from shared.migrations import run

run(Table.metadata)
