"""Schema changes of one service, by Alembic, in that service's own schema and as its own role.

Each service's `migrations/env.py` calls `run` with its tables. `migrate` brings the database up to date; two at once
wait for each other. Schemas expand, migrate and contract over several deployments, so that old and new processes run
side by side.
"""

import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config

from shared import inbox, jobs, outbox
from shared.settings import ServiceName


def create_bus_tables(op: object) -> None:
    """For the first migration of a service: the tables of the outbox and the inbox. `op` is `alembic.op`."""
    for statement in (*outbox.CREATE_TABLES, *inbox.CREATE_TABLES):
        op.execute(statement)  # type: ignore[attr-defined]


def create_job_tables(op: object, service: ServiceName) -> None:
    """For a migration of a service that has jobs. `op` is `alembic.op`."""
    for statement in jobs.create_tables(service):
        op.execute(statement)  # type: ignore[attr-defined]


def migrate(service: str, database_url: str) -> None:
    """Bring the service's schema up to date."""
    command.upgrade(_config(service, database_url), "head")


def make_migration(service: str, database_url: str, message: str) -> None:
    """Write a migration from the difference between models and database, to be read and completed by a person."""
    command.revision(_config(service, database_url), message=message, autogenerate=True)


def check(service: str, database_url: str) -> None:
    """Raises when the models say something that the migrations do not."""
    command.check(_config(service, database_url))


def run(tables: sa.MetaData) -> None:
    """What `migrations/env.py` of every service does."""
    url = sa.make_url(context.config.attributes["database_url"]).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        partitions = _partitions(connection)
        context.configure(
            connection=connection,
            target_metadata=tables,
            include_name=lambda name, kind, parents: _is_ours(name, kind, parents) and name not in partitions,
            compare_server_default=False,
        )
        with context.begin_transaction():
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '_migrations'))"))
            context.run_migrations()
            if connection.scalar(sa.text(outbox.IS_BEHIND)):
                connection.execute(sa.text(outbox.CATCH_UP))


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    return not (kind == "table" and (name or "").startswith(("outbox", "inbox", "jobs", "job_rows")))


def _partitions(connection: sa.Connection) -> frozenset[str]:
    """Names of partitions: their table is in the models, they are not."""
    names = connection.scalars(
        sa.text("SELECT relname FROM pg_class WHERE relispartition AND relnamespace = current_schema()::regnamespace")
    )
    found = frozenset(names)
    connection.rollback()
    return found


def _config(service: str, database_url: str) -> Config:
    module = sys.modules[service]
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__ or "").parents[2] / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["database_url"] = database_url
    return config
