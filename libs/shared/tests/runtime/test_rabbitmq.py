import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL

import pytest

from shared.runtime import containers, debian, rabbitmq
from shared.runtime.process import StartFailed
from shared.runtime.rabbitmq import probe, start_rabbitmq
from shared.runtime.server import NoServer, NotOurs, Server


@pytest.fixture(scope="module")
def shared_server(module_place: Path) -> Iterator[Server]:
    started = start_rabbitmq(module_place / "rabbitmq")
    yield started
    started.kill()


@pytest.fixture
def server(shared_server: Server) -> Server:
    """A running server, whatever the test before has done to it."""
    shared_server.start_again()
    return shared_server


class TestStartRabbitmq:
    def test_it_answers_to_its_own_user_only(self, server: Server) -> None:
        assert probe(server.url) == ""
        assert probe(server.url.replace("syllabus:", "guest:")) != ""
        assert "syllabus" in server.ctl("list_users", "--quiet")

    def test_it_listens_on_this_machine_only(self, server: Server) -> None:
        listeners = server.ctl(
            "eval", "[inet:ntoa(A) || {listener, _, _, _, A, _} <- rabbit_networking:active_listeners()]."
        )
        assert set(listeners.split('"')[1::2]) <= {"127.0.0.1", "::"}

    def test_frozen_it_does_not_answer_and_thawed_it_does(self, server: Server) -> None:
        server.freeze()
        assert "timed out" in probe(server.url)
        server.thaw()
        assert probe(server.url) == ""

    def test_users_and_queues_are_kept_over_a_kill(self, server: Server, all_gone: Callable[[Path], None]) -> None:
        declare = 'rabbit_amqqueue:declare({resource, <<"/">>, queue, <<"kept">>}, true, false, [], none, <<"t">>).'
        server.ctl("eval", declare)
        server.ctl("eval", "mnesia:sync_log().")
        url = server.url
        server.kill()
        assert not server.alive()
        assert isinstance(server, rabbitmq.RabbitMQServer)
        all_gone(server.directory)
        server.start_again()
        assert server.url == url
        assert "kept" in server.ctl("list_queues", "--quiet")

    def test_a_failing_command_brings_its_words(self, server: Server) -> None:
        with pytest.raises(StartFailed, match="no_such"):
            server.ctl("no_such")

    def test_even_frozen_it_ends_with_a_killed_parent(
        self, place: Path, in_python: Callable[..., subprocess.Popen[str]], all_gone: Callable[[Path], None]
    ) -> None:
        parent = in_python(
            "import sys; from pathlib import Path; from shared.runtime.rabbitmq import start_rabbitmq\n"
            "server = start_rabbitmq(Path(sys.argv[1])); server.freeze()\n"
            "print('frozen', flush=True); sys.stdin.read()",
            str(place),
        )
        assert parent.stdout
        assert any("frozen" in line for line in parent.stdout)
        parent.send_signal(SIGKILL)
        all_gone(place)


class TestChoice:
    def test_a_given_address_is_used_and_left_alone(
        self, server: Server, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SYLLABUS_AMQP_URL", server.url)
        given = start_rabbitmq(place)
        given.stop()
        assert probe(given.url) == ""
        with pytest.raises(NotOurs):
            given.freeze()

    def test_without_any_the_error_names_every_way(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail() -> Path:
            raise StartFailed("the index is out of reach")

        monkeypatch.setattr(rabbitmq, "_installed", lambda: None)
        monkeypatch.setattr(rabbitmq, "unpacked_rabbitmq", fail)
        monkeypatch.setattr(containers, "available", lambda: False)
        with pytest.raises(NoServer, match=r"(?s)SYLLABUS_AMQP_URL.*apt-get install.*container.*out of reach"):
            start_rabbitmq(place)


class TestUnpackedRabbitmq:
    def test_two_at_once_fetch_once(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fetched = []

        def fetch(package: str, folder: Path) -> list[Path]:
            fetched.append(folder)
            time.sleep(0.1)  # long enough for the other one to come
            (folder / "usr/lib/erlang/bin").mkdir(parents=True)
            (folder / "usr/lib/erlang/bin/erl").write_text("#!/bin/sh\nROOTDIR=/usr/lib/erlang\n")
            return []

        monkeypatch.setattr(debian, "cache_dir", lambda: place)
        monkeypatch.setattr(debian, "_fetch", fetch)
        threads = [threading.Thread(target=debian.unpacked_rabbitmq) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        root = debian.unpacked_rabbitmq()
        assert len(fetched) == 1
        assert root
        assert f"ROOTDIR={root}/usr/lib/erlang\n" in (root / "usr/lib/erlang/bin/erl").read_text()

    def test_a_failed_attempt_leaves_nothing_that_looks_done(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(package: str, folder: Path) -> list[Path]:
            raise StartFailed("the line is cut")

        monkeypatch.setattr(debian, "cache_dir", lambda: place)
        monkeypatch.setattr(debian, "_fetch", fail)
        for _ in range(2):
            with pytest.raises(StartFailed, match="cut"):
                debian.unpacked_rabbitmq()
