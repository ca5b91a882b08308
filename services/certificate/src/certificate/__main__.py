"""`python -m certificate api | worker | migrate | migration MESSAGE`."""

from certificate.consumers import HANDLERS
from certificate.jobs import JOBS
from certificate.main import create
from certificate.schedules import SCHEDULES
from certificate.settings import Settings
from certificate.upkeep import UPKEEP
from shared.entry import main

if __name__ == "__main__":
    main(Settings(), create, HANDLERS, SCHEDULES + UPKEEP + JOBS)
