"""Accounts made at the command line: the first administrator, and those of a demonstration. Their addresses count as
verified.
"""

import getpass
import re
import secrets
import sys
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.erasure.commands import erase_user
from gateway.identity.commands.accounts import promote_to_administrator, register
from gateway.identity.commands.users import set_subscription
from gateway.identity.domain.names import check_email
from gateway.identity.domain.passwords import LONGEST, SHORTEST, check_password
from gateway.identity.hashing import hash_password
from gateway.identity.queries import find_credentials
from gateway.identity.tokens import TokenVault
from gateway.settings import Settings
from gateway.store import lock_user, token_of
from shared.contracts.gateway.events import Role
from shared.database import Database
from shared.errors import Invalid, NotFound

DEMO_PASSWORD = "syllabus-demo"  # noqa: S105

_SERVICE_NAME = re.compile("[A-Za-z0-9-]{2,60}")


@dataclass(frozen=True)
class DemoAccount:
    email: str
    first_name: str
    last_name: str
    role: Role
    premium: bool = False


DEMO_ACCOUNTS = (
    DemoAccount("admin@example.com", "Amina", "Diallo", "administrator"),
    DemoAccount("instructor@example.com", "Ines", "Moreau", "instructor"),
    DemoAccount("student@example.com", "Sam", "Okafor", "student"),
    DemoAccount("premium@example.com", "Priya", "Raman", "student", premium=True),
)


class Refused(Exception):
    """The command line asked for what cannot be; the message says why."""


async def create_administrator(settings: Settings, email: str) -> str:
    """Make the account an administrator's; returns what was done. Safe to repeat.

    Where there is no such account it is made, with the password in SYLLABUS_ADMIN_PASSWORD or asked for. An account
    that there is keeps its password. Raises Refused.
    """
    database = _open(settings)
    now = datetime.now(UTC)
    try:
        async with database.transaction() as session:
            if await promote_to_administrator(session, email, now=now):
                return f"{email} is an administrator."
        password_hash = hash_password(_new_password(settings, email))
        async with database.transaction() as session:
            await register(
                session,
                _address(email),
                password_hash,
                "Administrator",
                "",
                role="administrator",
                is_email_verified=True,
                now=now,
            )
    except Invalid as error:
        raise Refused(str(error)) from error
    finally:
        await database.close()
    return f"{email} is a new administrator."


async def create_service_account(settings: Settings, name: str) -> str:
    """The token of the service account of this name, which is made where there is none. Raises Refused."""
    if not _SERVICE_NAME.fullmatch(name):
        raise Refused("Name it with 2 to 60 letters, digits and hyphens, such as data-warehouse.")
    if settings.token_key_file is None:
        raise Refused("Without SYLLABUS_TOKEN_KEY_FILE no token would work: set it as the gateway has it.")
    vault = TokenVault.of_file(settings.token_key_file)
    email = f"service-account {name}"  # no address, so that nobody can register with it, or have mails sent
    database = _open(settings)
    now = datetime.now(UTC)
    try:
        async with database.reading() as reading:
            known = await find_credentials(reading, email)
        unusable = hash_password(secrets.token_hex())
        async with database.transaction() as session:
            if known is None:
                user = await register(
                    session, email, unusable, name, "", is_email_verified=True, is_service=True, now=now
                )
            else:
                user = await lock_user(session, known.user_id)
            return await token_of(session, user, vault, now=now)
    except Invalid as error:
        raise Refused(str(error)) from error
    finally:
        await database.close()


async def erase(settings: Settings, user_id: int) -> str:
    """Have a user forgotten, as `DELETE /api/user/` does; returns where to follow it. Raises Refused."""
    database = _open(settings)
    try:
        unusable = hash_password(secrets.token_hex())
        async with database.transaction() as session:
            started = await erase_user(session, user_id, unusable, now=datetime.now(UTC))
    except NotFound as error:
        raise Refused(f"There is no user {user_id}.") from error
    except Invalid as error:
        raise Refused(str(error)) from error
    finally:
        await database.close()
    return f"User {user_id} is erased here; {started.url} tells of the other services."


async def make_demo_accounts(settings: Settings) -> list[str]:
    """Make those demonstration accounts that are missing; returns their addresses. Safe to repeat.

    Raises Refused where the settings do not allow accounts that everybody knows the password of.
    """
    if not settings.demo:
        raise Refused("Demo accounts have a password that everybody knows: set SYLLABUS_DEMO=true to have them.")
    database = _open(settings)
    try:
        return [account.email for account in DEMO_ACCOUNTS if await _make(database, account)]
    finally:
        await database.close()


async def _make(database: Database, account: DemoAccount) -> bool:
    async with database.reading() as reading:
        if await find_credentials(reading, account.email) is not None:
            return False
    now = datetime.now(UTC)
    password_hash = hash_password(DEMO_PASSWORD)
    async with database.transaction() as session:
        user = await register(
            session,
            account.email,
            password_hash,
            account.first_name,
            account.last_name,
            role=account.role,
            is_email_verified=True,
            now=now,
        )
        if account.premium:
            await set_subscription(session, user.id, {"tier": "premium", "expires_at": None}, now=now)
    return True


def _open(settings: Settings) -> Database:
    return Database(settings.database_url, pool_size=1, name=settings.SERVICE)


def _address(email: str) -> str:
    try:
        return check_email(email)
    except ValueError as error:
        raise Refused(str(error)) from error


def _new_password(settings: Settings, email: str) -> str:
    if settings.admin_password is not None:
        password = settings.admin_password.get_secret_value()
    elif sys.stdin.isatty():
        password = getpass.getpass(f"Password for {email}: ")
        if getpass.getpass("Once more: ") != password:
            raise Refused("The two passwords differ.")
    else:
        raise Refused("There is no terminal to ask for a password on: set SYLLABUS_ADMIN_PASSWORD.")
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused(f"The password must have {SHORTEST} to {LONGEST} characters.")
    check_password(password, email)
    return password
