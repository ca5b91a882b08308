from pathlib import Path

import pytest

from shared.runtime.environment import Wiring, service_environment
from shared.runtime.process import StartFailed
from shared.runtime.roles import SERVICES
from shared.runtime.stack import Stack


class TestServiceEnvironment:
    WIRING = Wiring(Path("/s"), 8000, {service: f"postgresql://{service}@h/d" for service in SERVICES}, "amqp://h/")

    def test_a_service_behind_the_gateway(self) -> None:
        told = service_environment("catalog", self.WIRING)
        assert told["SYLLABUS_DATABASE_URL"] == "postgresql://catalog@h/d"
        assert told["SYLLABUS_LISTEN"] == told["SYLLABUS_CATALOG_URL"] == "unix:/s/run/catalog.sock"
        assert told["SYLLABUS_IDENTITY_KEY_FILE"] == "/s/keys/catalog.pem"
        assert told["SYLLABUS_FILES_DIR"] == "/s/files/catalog"
        assert not told.keys() & {"SYLLABUS_TOKEN_KEY_FILE", "SYLLABUS_SIGNING_KEY_FILE", "SYLLABUS_INTERNAL_LISTEN"}

    def test_the_gateway_has_a_public_and_a_private_address(self) -> None:
        told = service_environment("gateway", self.WIRING)
        assert told["SYLLABUS_LISTEN"] == "127.0.0.1:8000"
        assert told["SYLLABUS_INTERNAL_LISTEN"] == told["SYLLABUS_GATEWAY_URL"] == "unix:/s/run/gateway.sock"
        assert told["SYLLABUS_PUBLIC_URL"] == "http://127.0.0.1:8000"
        assert told["SYLLABUS_TOKEN_KEY_FILE"] == "/s/keys/token.key"

    def test_only_certificate_gets_the_signing_key(self) -> None:
        got = [s for s in SERVICES if "SYLLABUS_SIGNING_KEY_FILE" in service_environment(s, self.WIRING)]
        assert got == ["certificate"]


class TestStack:
    def test_services_and_broker_can_be_ended_and_started_one_by_one(self, five_services: Path) -> None:
        with Stack(settings={"PYTHONPATH": str(five_services)}) as stack:
            directory = stack.directory
            assert [stack.missing(service) for service in SERVICES] == [""] * 5

            stack.kill("catalog")
            assert stack.missing("catalog")
            stack.start("catalog")
            assert not stack.missing("catalog")

            stack.stop("gateway")
            assert stack.process("gateway").exit_code == 0
            assert not stack.missing("enrollment")

            stack.broker.kill()
            assert not stack.broker.alive()
            assert stack.database.alive()
        assert not stack.database.alive()
        assert stack.process("catalog").exit_code == 0
        assert not directory.exists()

    def test_a_failed_migration_says_which_and_why(self, five_services: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        stack = Stack(settings={"PYTHONPATH": str(five_services), "BROKEN_MIGRATION": "enrollment"})
        stack.wiring = TestServiceEnvironment.WIRING
        with pytest.raises(StartFailed, match=r"(?s)enrollment: .*a column is missing") as failure:
            stack.migrate()
        assert "catalog" not in str(failure.value)
        stack.close()
