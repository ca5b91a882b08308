"""The servers that tests run on, and what each pytest process has of its own on them."""

import importlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from shared import migrations
from shared.runtime.keys import ensure_keys
from shared.runtime.roles import SERVICES, prepare_database
from shared.settings import ServiceName

PASSWORD = "test"  # noqa: S105
FIRST_ID = 50_000
"""Identifiers that the database gives begin here: none is ever one of those that tests write down."""


@dataclass
class ServiceDatabase:
    """A migrated database that one pytest process has for one service."""

    url: str
    """As the service's role."""
    _admin: psycopg.Connection[tuple[object, ...]]
    _empty: sql.Composed

    def close(self) -> None:
        self._admin.close()

    def empty(self) -> None:
        """Back to what the migrations left: their rows stay, all others go."""
        self._admin.execute(self._empty)


@dataclass
class Environment:
    """What one pytest process works with. Databases are made and migrated when a test first asks for them."""

    admin_url: str
    """PostgreSQL as superuser."""
    process: str
    """Name of this pytest process, part of the names of everything it makes on the servers."""
    directory: Path
    _databases: dict[str, ServiceDatabase] = field(default_factory=dict)

    @property
    def keys(self) -> Path:
        """Folder with the services' keys."""
        return ensure_keys(self.directory / "keys")

    def close(self) -> None:
        for database in self._databases.values():
            database.close()

    def database(self, service: ServiceName) -> ServiceDatabase:
        """The service's database, emptied."""
        if service not in self._databases:
            self._databases[service] = self._make_database(service)
        self._databases[service].empty()
        return self._databases[service]

    @contextmanager
    def unmigrated(self, service: ServiceName) -> Iterator[str]:
        """The address of a database of its own without tables, as the service's role; dropped afterwards."""
        name, passwords = f"test_{self.process}_migrations", dict.fromkeys(SERVICES, PASSWORD)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(drop)
            try:
                yield prepare_database(self.admin_url, database=name, passwords=passwords)[service]
            finally:
                admin.execute(drop)

    def _make_database(self, service: ServiceName) -> ServiceDatabase:
        name = f"test_{self.process}_{service}"
        with psycopg.connect(self.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        urls = prepare_database(self.admin_url, database=name, passwords=dict.fromkeys(SERVICES, PASSWORD))
        importlib.import_module(service)
        migrations.migrate(service, urls[service])
        connection = psycopg.connect(make_conninfo(self.admin_url, dbname=name), autocommit=True)
        connection.execute("SET session_replication_role = replica")  # rows go in any order, keys or not
        connection.execute(
            "SELECT setval(oid, %s, false) FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'S'",
            [FIRST_ID, service],
        )
        return ServiceDatabase(urls[service], connection, _emptying(connection, service))


def _emptying(connection: psycopg.Connection[tuple[object, ...]], schema: str) -> sql.Composed:
    """SQL that deletes all rows of the schema and inserts those that are there now."""
    tables = connection.execute(
        "SELECT relname, (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute"
        "   WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '')"
        " FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
        " AND relname <> 'alembic_version'",
        [schema],
    ).fetchall()
    steps: list[sql.Composable] = []
    for name, columns in tables:
        table = sql.Identifier(schema, str(name))
        names = sql.SQL(", ").join(map(sql.Identifier, columns))  # type: ignore[call-overload]
        rows = connection.execute(sql.SQL("SELECT json_agg(t) FROM {} t").format(table)).fetchone()
        steps.append(sql.SQL("DELETE FROM {}").format(table))
        if rows and rows[0]:
            steps.append(
                sql.SQL(
                    "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM json_populate_recordset(NULL::{}, {})"
                ).format(table, names, names, table, sql.Literal(json.dumps(rows[0])))
            )
    return sql.SQL("; ").join(steps)
