"""Run by Alembic; everything is in `shared.migrations`."""

from gateway.copies import models as copies
from gateway.models import Table
from gateway.push import models as push
from shared.migrations import run

TABLES = (copies, push)
"""Imported so that `Table.metadata` has their tables."""

run(Table.metadata)
