from enrollment.consumers import HANDLERS
from enrollment.main import create
from enrollment.schedules import SCHEDULES
from enrollment.settings import Settings
from shared.entry import main

main(Settings(), create, HANDLERS, SCHEDULES)
