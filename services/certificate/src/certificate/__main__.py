"""`python -m certificate api | worker | migrate | migration MESSAGE`, and two commands of its own:

verify FILE --keys JWKS      check a certificate without database and network (`offline.py`)
rotate-key PEM               make a signing key to come after the present one
"""

import sys

from certificate import offline, rotation
from certificate.anchoring import ANCHORING
from certificate.consumers import HANDLERS
from certificate.jobs import JOBS
from certificate.main import create
from certificate.reconciliation import RECONCILIATION
from certificate.schedules import SCHEDULES
from certificate.settings import Settings
from certificate.upkeep import UPKEEP
from shared.entry import main

if __name__ == "__main__":
    if sys.argv[1:2] == ["verify"]:
        sys.exit(offline.main(sys.argv[2:]))
    if sys.argv[1:2] == ["rotate-key"]:
        sys.exit(rotation.main(sys.argv[2:]))
    main(Settings(), create, HANDLERS, SCHEDULES + UPKEEP + JOBS + ANCHORING, reconciliation=RECONCILIATION)
