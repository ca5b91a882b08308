"""The live page is there in a demonstration only, and runs nothing but what is written in it."""

import base64
import hashlib
import re

import httpx
import pytest

from gateway.push import page


async def test_outside_of_a_demonstration_there_is_none(door) -> None:
    assert (await door.get("/demo/live/")).status_code == 404


async def test_its_policy_names_its_own_script(gateway, another_process) -> None:
    live = await another_process(demo=True)
    async with httpx.AsyncClient(base_url=live.url) as web:
        answer = await web.get("/demo/live/")
    assert answer.status_code == 200
    found = re.search("<script>(.*?)</script>", answer.text, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found.group(1).encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert not re.search(r"""(src|href)=["']?https?:|@import|url\(""", answer.text)


async def test_in_an_image_there_is_no_file(another_process, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    page._page.cache_clear()
    monkeypatch.setattr(page, "FILE", tmp_path / "live.html")
    live = await another_process(demo=True)
    async with httpx.AsyncClient(base_url=live.url) as web:
        assert (await web.get("/demo/live/")).status_code == 404
    page._page.cache_clear()
