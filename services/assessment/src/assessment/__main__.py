from assessment.consumers import HANDLERS
from assessment.main import create
from assessment.reconciliation import RECONCILIATION
from assessment.schedules import SCHEDULES
from assessment.settings import Settings
from shared.entry import main

main(Settings(), create, HANDLERS, SCHEDULES, reconciliation=RECONCILIATION)
