"""The gateway's command line: the roles and commands of every service (`shared.entry`), and those for accounts.

python -m gateway createadmin EMAIL
python -m gateway demo-accounts
python -m gateway createserviceaccount NAME
python -m gateway erase USER_ID
"""

import argparse
import asyncio
import sys

from gateway.accounts import Refused, create_administrator, create_service_account, erase, make_demo_accounts
from gateway.consumers import HANDLERS
from gateway.main import create
from gateway.reconciliation import RECONCILIATION
from gateway.schedules import schedules
from gateway.server import serve
from gateway.settings import Settings
from shared import entry
from shared.telemetry import configure_logging

FOR_OPERATORS = ("dead-letters", "replay", "forget", "reconcile", "rebuild")
"""Commands of every service; `shared.entry` reads their arguments."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    roles = parser.add_subparsers(dest="role", required=True)
    roles.add_parser("api", help="serve both addresses (and run the worker, unless SYLLABUS_RUN_WORKER=false)")
    roles.add_parser("worker", help="relay events, run schedules")
    roles.add_parser("migrate", help="bring schema and queues up to date")
    roles.add_parser("migration", help="write a new migration").add_argument("message")
    roles.add_parser("createadmin", help="make or promote an administrator").add_argument("email")
    roles.add_parser("demo-accounts", help="make the accounts of a demonstration (needs SYLLABUS_DEMO=true)")
    roles.add_parser(
        "createserviceaccount", help="an account for a program that reads the feed of events: its token"
    ).add_argument("name")
    roles.add_parser("erase", help="have a user forgotten, in every service").add_argument("user_id", type=int)
    for name in FOR_OPERATORS:
        roles.add_parser(name, help="as of every service", add_help=False)
    arguments, rest = parser.parse_known_args()
    if rest and arguments.role not in FOR_OPERATORS:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    settings = Settings()
    if arguments.role == "api":
        serve(settings)
    elif arguments.role in ("createadmin", "demo-accounts", "createserviceaccount", "erase"):
        configure_logging(settings.SERVICE, form=settings.log_format, level="warning")
        try:
            sys.stdout.write(asyncio.run(_accounts(settings, arguments)) + "\n")
        except Refused as refused:
            sys.exit(str(refused))
    else:
        entry.main(settings, lambda: create(settings), HANDLERS, schedules(settings), reconciliation=RECONCILIATION)


async def _accounts(settings: Settings, arguments: argparse.Namespace) -> str:
    if arguments.role == "createadmin":
        return await create_administrator(settings, arguments.email)
    if arguments.role == "createserviceaccount":
        return await create_service_account(settings, arguments.name)
    if arguments.role == "erase":
        return await erase(settings, arguments.user_id)
    made = await make_demo_accounts(settings)
    return f"Made: {', '.join(made)}." if made else "All demo accounts are there."


if __name__ == "__main__":
    main()
