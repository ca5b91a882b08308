"""Run by Alembic; everything is in `shared.migrations`."""

from gateway.copies import models as copies
from gateway.models import Table
from gateway.notifications import models as notifications
from gateway.push import models as push
from gateway.webhooks import models as webhooks
from shared.migrations import run

TABLES = (copies, push, notifications, webhooks)
"""Imported so that `Table.metadata` has their tables."""

run(Table.metadata)
