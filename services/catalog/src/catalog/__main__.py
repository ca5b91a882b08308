"""`python -m catalog api | worker | migrate | migration MESSAGE`."""

from catalog.consumers import HANDLERS
from catalog.main import create
from catalog.reconciliation import RECONCILIATION
from catalog.schedules import SCHEDULES
from catalog.settings import Settings
from shared.entry import main

if __name__ == "__main__":
    main(Settings(), create, HANDLERS, SCHEDULES, reconciliation=RECONCILIATION)
