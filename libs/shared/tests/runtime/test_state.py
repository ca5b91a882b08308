import socket
import stat
import subprocess
from pathlib import Path

import pytest

from shared.runtime import state


class TestDirectories:
    def test_the_state_is_where_the_variable_says(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SYLLABUS_STATE_DIR", str(tmp_path / "here"))
        assert state.state_dir() == tmp_path / "here"
        assert stat.S_IMODE((tmp_path / "here").stat().st_mode) == 0o711

    def test_a_checkout_has_a_short_place_of_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SYLLABUS_STATE_DIR", raising=False)
        monkeypatch.setattr(state, "own_directory", lambda path, mode: path)
        here = state.state_dir()
        monkeypatch.setattr(state, "checkout", lambda: Path("/another/checkout"))
        assert here != state.state_dir()
        state.check_socket_room(here)

    def test_a_name_too_long_for_sockets_is_refused(self) -> None:
        with pytest.raises(RuntimeError, match="SYLLABUS_STATE_DIR"):
            state.check_socket_room(Path("/tmp") / ("long" * 20))

    def test_a_link_somebody_laid_there_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "link").symlink_to("elsewhere")
        with pytest.raises(RuntimeError, match="not a directory of this user"):
            state.own_directory(tmp_path / "link", 0o755)

    def test_the_cache_has_no_blanks_in_its_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "with blank"))
        monkeypatch.setattr(state, "own_directory", lambda path, mode: path)
        assert " " not in str(state.cache_dir())

    def test_one_holder_at_a_time(self, tmp_path: Path) -> None:
        with state.Hold(tmp_path), pytest.raises(state.InUse, match="process"):
            state.Hold(tmp_path)
        state.Hold(tmp_path).close()

    def test_a_child_that_has_the_file_open_does_not_hold_it_longer(self, tmp_path: Path) -> None:
        held = state.Hold(tmp_path)
        child = subprocess.Popen(["sleep", "60"], pass_fds=[held._file.fileno()])
        held.close()
        state.Hold(tmp_path).close()
        child.kill()
        child.wait()


class TestPorts:
    def test_it_is_free_and_no_outgoing_connection_can_sit_on_it(self) -> None:
        port = state.free_port()
        assert port < 32768
        assert state.is_free(port)

    def test_a_span_is_free_as_a_whole(self) -> None:
        base = state.free_port(10)
        assert all(state.is_free(port) for port in range(base, base + 10))

    def test_a_port_in_use_is_not_free(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            assert not state.is_free(server.getsockname()[1])


class TestSecrets:
    def test_it_is_private_and_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        first = state.kept_secret(path)
        assert state.kept_secret(path) == first
        assert len(first) == 43
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
