from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from shared.runtime.postgres import start_postgres
from shared.runtime.roles import SERVICES, database_url, derived_passwords, drop_database, prepare_database

PASSWORDS = {service: f"it's {service}/@:" for service in SERVICES}


@pytest.fixture(scope="module")
def admin_url(module_place: Path) -> Iterator[str]:
    server = start_postgres(module_place / "postgres", durable=False)
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def urls(admin_url: str) -> dict[str, str]:
    return prepare_database(admin_url, database="one", passwords=PASSWORDS)


class TestIsolation:
    @pytest.mark.parametrize("service", SERVICES)
    def test_a_service_lives_in_its_own_schema(self, urls: dict[str, str], service: str) -> None:
        with psycopg.connect(urls[service]) as session:
            session.execute("CREATE TABLE mine (id int)")
            found = session.execute("SELECT current_user, current_schema, 'mine'::regclass::oid::regclass::text")
            assert found.fetchone() == (service, service, "mine")

    def test_it_cannot_read_another_schema(self, urls: dict[str, str]) -> None:
        with psycopg.connect(urls["enrollment"], autocommit=True) as owner:
            owner.execute("CREATE TABLE secret (id int)")
        with psycopg.connect(urls["catalog"]) as session, pytest.raises(InsufficientPrivilege):
            session.execute("SELECT * FROM enrollment.secret")

    @pytest.mark.parametrize("schema", ["public", "extensions", "enrollment"])
    def test_it_cannot_create_elsewhere(self, urls: dict[str, str], schema: str) -> None:
        with psycopg.connect(urls["catalog"]) as session, pytest.raises(InsufficientPrivilege):
            session.execute(f"CREATE TABLE {schema}.intruder (id int)")

    def test_it_cannot_make_schemas_roles_or_databases(self, urls: dict[str, str]) -> None:
        for statement in ("CREATE SCHEMA more", "CREATE ROLE more", "CREATE DATABASE more", "SET ROLE enrollment"):
            with (
                psycopg.connect(urls["catalog"], autocommit=True) as session,
                pytest.raises(InsufficientPrivilege),
            ):
                session.execute(statement)

    def test_the_extensions_serve_everybody(self, urls: dict[str, str]) -> None:
        with psycopg.connect(urls["assessment"]) as session:
            session.execute("CREATE TEMP TABLE words (word citext)")
            session.execute("CREATE INDEX ON words USING gin (word gin_trgm_ops)")
            found = session.execute("SELECT unaccent('é'), similarity('a', 'ab') > 0, 'A'::citext = 'a'").fetchone()
            assert found == ("e", True, True)


class TestPrepareDatabase:
    def test_repeating_it_keeps_the_data(self, admin_url: str, urls: dict[str, str]) -> None:
        with psycopg.connect(urls["gateway"]) as session:
            session.execute("CREATE TABLE kept (id int)")
        assert prepare_database(admin_url, database="one", passwords=PASSWORDS) == urls
        with psycopg.connect(urls["gateway"]) as session:
            session.execute("SELECT * FROM kept")

    def test_several_at_once_share_the_roles(self, admin_url: str) -> None:
        with ThreadPoolExecutor(4) as pool:
            made = [
                pool.submit(prepare_database, admin_url, database=f"several_{n % 2}", passwords=PASSWORDS)
                for n in range(4)
            ]
        for future in made:
            psycopg.connect(future.result()["catalog"]).close()

    def test_a_missing_password_is_named(self, admin_url: str) -> None:
        with pytest.raises(psycopg.errors.RaiseException, match=r"password_certificate is missing"):
            prepare_database(admin_url, database="three", passwords=PASSWORDS | {"certificate": ""})

    def test_an_administrator_need_not_be_superuser(self, admin_url: str) -> None:
        prepare_database(admin_url, database="theirs", passwords=PASSWORDS)
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("CREATE ROLE lesser LOGIN CREATEDB CREATEROLE PASSWORD 'pw'")
            for service in SERVICES:  # made by the superuser above, so it must be told
                admin.execute(f"GRANT {service} TO lesser WITH ADMIN OPTION")
        lesser = database_url(admin_url, "postgres", user="lesser", password="pw")
        urls = prepare_database(lesser, database="managed", passwords=PASSWORDS)
        with psycopg.connect(urls["catalog"]) as session:
            session.execute("CREATE TABLE mine (id int)")

    def test_a_dropped_database_is_gone(self, admin_url: str) -> None:
        urls = prepare_database(admin_url, database="passing", passwords=PASSWORDS)
        with psycopg.connect(urls["catalog"]):
            drop_database(admin_url, "passing")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(urls["catalog"])


class TestAddresses:
    def test_names_and_passwords_are_quoted(self) -> None:
        url = database_url("postgresql://a:b@h:1/x?sslmode=require", "my db", user="me", password="p/w@:")
        assert url == "postgresql://me:p%2Fw%40%3A@h:1/my%20db?sslmode=require"

    def test_without_a_role_it_stays_the_administrator(self) -> None:
        assert database_url("postgresql://a:b@h:1/x", "y") == "postgresql://a:b@h:1/y"

    def test_derived_passwords_depend_on_server_and_service(self) -> None:
        one, two = derived_passwords("postgresql://a:b@h:1/x"), derived_passwords("postgresql://a:c@h:1/x")
        assert one == derived_passwords("postgresql://a:b@h:1/x")
        assert len({*one.values(), *two.values()}) == 10
