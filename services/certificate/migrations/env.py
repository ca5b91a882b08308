"""Run by Alembic; everything is in `shared.migrations`."""

from certificate.models import Table
from shared.migrations import run

run(Table.metadata)
