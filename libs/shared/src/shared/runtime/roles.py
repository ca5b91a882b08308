"""A database with one login role and one schema per service, as deploy/postgres/roles.sql says."""

import hmac
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from shared.runtime.state import checkout

SERVICES = ("gateway", "catalog", "enrollment", "assessment", "certificate")

# Any number will do, as long as everybody who makes roles on one server takes the same.
_LOCK = 7_195_284


def prepare_database(admin_url: str, *, database: str, passwords: Mapping[str, str]) -> dict[str, str]:
    """Make `database` ready for the services: roles, schemas, extensions. Returns each service's own URL.

    `admin_url` must be of a role that may create databases and roles; `passwords` holds one per service and becomes
    theirs on the whole server. Repeating it, also from several processes at once, changes nothing else.
    Raises psycopg.Error.
    """
    script = (checkout() / "deploy/postgres/roles.sql").read_bytes()
    with psycopg.connect(admin_url, autocommit=True) as admin:
        # Roles are the whole server's: two of these scripts at once, even in two databases, would collide.
        admin.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        with psycopg.connect(database_url(admin_url, database)) as inside:
            for service in SERVICES:
                inside.execute("SELECT set_config(%s, %s, false)", [f"syllabus.password_{service}", passwords[service]])
            inside.execute(script)
    return {s: database_url(admin_url, database, user=s, password=passwords[s]) for s in SERVICES}


def drop_database(admin_url: str, database: str) -> None:
    """Remove `database` if it is there, and whoever is connected to it. The roles stay."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def derived_passwords(admin_url: str) -> dict[str, str]:
    """Passwords of the service roles for local use: everybody who knows the server's administrator has the same.

    So the tests and `./dev up` can share one server without changing each other's.
    """
    return {s: hmac.digest(admin_url.encode(), s.encode(), "sha256").hex() for s in SERVICES}


def database_url(url: str, database: str, *, user: str | None = None, password: str = "") -> str:
    """The same server's `database`; with `user`, as that role."""
    parts = urlsplit(url)
    login, at, place = parts.netloc.rpartition("@")
    if user is not None:
        login, at = f"{quote(user, safe='')}:{quote(password, safe='')}", "@"
    return urlunsplit(parts._replace(netloc=f"{login}{at}{place}", path=f"/{quote(database, safe='')}"))
