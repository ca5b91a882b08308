"""What the services of one stack are told, as environment variables. Their own READMEs say what each one means."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.runtime.keys import JWKS, SIGNING_KEY, TOKEN_KEY
from shared.runtime.roles import SERVICES


@dataclass(frozen=True)
class Wiring:
    """How the parts of one stack reach each other; all its files are below `directory`."""

    directory: Path
    port: int
    """Of the public address, on 127.0.0.1."""
    database_urls: Mapping[str, str]
    """Per service, as its own role."""
    amqp_url: str

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def keys(self) -> Path:
        return self.directory / "keys"

    def socket(self, service: str) -> Path:
        """The Unix socket of its private address, where /readyz is."""
        return self.directory / "run" / f"{service}.sock"

    def files(self, service: str) -> Path:
        """Where it keeps uploaded and produced files."""
        return self.directory / "files" / service


def service_environment(service: str, wiring: Wiring) -> dict[str, str]:
    """The variables for one process of `service`, to be laid over those it inherits."""
    private = f"unix:{wiring.socket(service)}"
    variables = {
        "SYLLABUS_DATABASE_URL": wiring.database_urls[service],
        "SYLLABUS_AMQP_URL": wiring.amqp_url,
        "SYLLABUS_PUBLIC_URL": wiring.public_url,
        "SYLLABUS_LISTEN": private,
        "SYLLABUS_IDENTITY_KEY_FILE": str(wiring.keys / f"{service}.pem"),
        "SYLLABUS_IDENTITY_JWKS_FILE": str(wiring.keys / JWKS),
        "SYLLABUS_FILES_DIR": str(wiring.files(service)),
        "SYLLABUS_LOG_FORMAT": "console",
        "SYLLABUS_DEMO": "true",
        "PYTHONUNBUFFERED": "1",
    }
    for peer in SERVICES:
        variables[f"SYLLABUS_{peer.upper()}_URL"] = f"unix:{wiring.socket(peer)}"
    if service == "gateway":
        variables["SYLLABUS_LISTEN"] = f"127.0.0.1:{wiring.port}"
        variables["SYLLABUS_INTERNAL_LISTEN"] = private
        variables["SYLLABUS_TOKEN_KEY_FILE"] = str(wiring.keys / TOKEN_KEY)
    if service == "certificate":
        variables["SYLLABUS_SIGNING_KEY_FILE"] = str(wiring.keys / SIGNING_KEY)
    return variables
