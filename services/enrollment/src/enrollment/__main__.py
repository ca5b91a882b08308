import sys

from enrollment.consumers import HANDLERS
from enrollment.main import create
from enrollment.reconciliation import RECONCILIATION
from enrollment.recount import recount
from enrollment.schedules import SCHEDULES
from enrollment.settings import Settings
from shared.entry import main

if sys.argv[1:2] == ["recount"]:
    sys.exit(recount(Settings(), sys.argv[2:]))
main(Settings(), create, HANDLERS, SCHEDULES, reconciliation=RECONCILIATION)
