"""Accounts of programs: they read the feed of events, and nothing else."""

from pathlib import Path

import httpx
import pytest

from gateway.accounts import Refused, create_service_account
from gateway.identity.tokens import TokenVault
from shared.contracts.log import LogPage
from shared.testing import ServiceUnderTest

OTHERS = ("catalog", "enrollment", "assessment", "certificate")


@pytest.fixture
async def token(gateway: ServiceUnderTest, tmp_path: Path) -> str:
    key = tmp_path / "token.key"
    key.write_text("k" * 40)
    gateway.app.state.authentication.vault = TokenVault.of_file(key)
    settings = gateway.settings.model_copy(update={"token_key_file": key})
    token = await create_service_account(settings, "data-warehouse")  # type: ignore[arg-type]
    assert await create_service_account(settings, "data-warehouse") == token  # type: ignore[arg-type]
    return token


async def test_reads_the_feed_and_the_descriptions(
    door: httpx.AsyncClient, gateway: ServiceUnderTest, token: str
) -> None:
    for service in OTHERS:
        gateway.peers.answer(service, "/internal/events/", LogPage(results=[], next=0))
    for path in ("/api/events/", "/api/events/schema/", "/api/schema/", "/api/health/"):
        answer = await door.get(path, headers={"Authorization": f"Token {token}"})
        assert answer.status_code == 200, path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/user/"),
        ("GET", "/api/users/"),
        ("GET", "/api/courses/"),
        ("POST", "/api/events/"),
        ("POST", "/api/auth/token/regenerate/"),
        ("DELETE", "/api/user/"),
        ("GET", "/api/jobs/10/"),
    ],
)
async def test_may_do_nothing_else(door: httpx.AsyncClient, token: str, method: str, path: str) -> None:
    answer = await door.request(method, path, headers={"Authorization": f"Token {token}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "ROLE_REQUIRED")


@pytest.mark.parametrize("name", ["", "x", "a b", "x" * 61, "ü-account"])
async def test_needs_a_name(gateway: ServiceUnderTest, tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="Name it"):
        await create_service_account(gateway.settings, name)  # type: ignore[arg-type]


async def test_needs_the_gateways_key(gateway: ServiceUnderTest) -> None:
    with pytest.raises(Refused, match="TOKEN_KEY_FILE"):
        await create_service_account(gateway.settings, "data-warehouse")  # type: ignore[arg-type]
