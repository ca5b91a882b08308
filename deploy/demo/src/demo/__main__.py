"""`python -m demo load | play`: put the demo courses into a running system, or play a learner's way through one.

The system's address is SYLLABUS_PUBLIC_URL, or http://127.0.0.1:8000.
"""

import os
import sys

import httpx

from demo.api import Api, Refused
from demo.load import load
from demo.play import play

COMMANDS = {"load": load, "play": play}


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        print(__doc__)
        return 2
    address = os.environ.get("SYLLABUS_PUBLIC_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
    api = Api(address)
    try:
        COMMANDS[sys.argv[1]](api)
    except httpx.ConnectError:
        print(f"Nothing answers at {address}. Start the system with: make up", file=sys.stderr)
        return 1
    except Refused as refusal:
        print(f"\n{refusal}", file=sys.stderr)
        return 1
    finally:
        api.close()
    return 0


sys.exit(main())
