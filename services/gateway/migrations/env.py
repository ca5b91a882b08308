"""Run by Alembic; everything is in `shared.migrations`."""

import gateway.copies.models
import gateway.notifications.models
import gateway.webhooks.models  # noqa: F401  # tables that are named here are known
from gateway.models import Table
from shared.migrations import run

run(Table.metadata)
