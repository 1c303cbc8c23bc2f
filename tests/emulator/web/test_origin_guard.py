"""The origin guard: only the emulator's own page and clients other than browsers are allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import yarl

from bot.emulator.server import Emulator
from bot.emulator.web.origin_guard import find_violation
from bot.emulator.world.seed import seed_world

FOREIGN = [
    {"Host": "evil.example"},
    {"Host": "127.0.0.1.evil.example:80"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "Cross-Site"},
    {"Sec-Fetch-Site": "SAME-SITE "},
    {"Host": "evil@127.0.0.1:80"},
]
PATHS = [
    ("GET", "/rehearsal/room"),
    ("GET", "/rehearsal/world"),
    ("POST", "/rehearsal/clock"),
    ("POST", "/rehearsal/bot"),
    ("POST", "/rehearsal/room/play"),
    ("GET", "/api/v10/users/@me"),
    ("POST", "/api/v10/interactions"),
    ("GET", "/nowhere"),
]


@pytest.fixture
async def served() -> AsyncIterator[Emulator]:
    one = Emulator(seed_world(), rates=False)
    await one.start()
    try:
        yield one
    finally:
        await one.stop()


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_another_sites_page_is_rejected_everywhere(
    served: Emulator, headers: dict[str, str]
) -> None:
    async with aiohttp.ClientSession() as session:
        for method, path in PATHS:
            async with session.request(method, served.page + path, headers=headers) as response:
                assert response.status == 403, (method, path)
                assert "access-control-allow-origin" not in response.headers
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(served.gateway, headers=headers)
        assert refused.value.status == 403
    assert served.world.messages == {}


async def test_the_page_itself_and_other_clients_are_allowed(served: Emulator) -> None:
    own = {"Origin": served.page, "Sec-Fetch-Site": "same-origin"}
    async with aiohttp.ClientSession() as session:
        for headers in ({}, own):
            async with session.get(served.page + "/rehearsal/room", headers=headers) as response:
                assert response.status == 200
            async with session.ws_connect(served.gateway, headers=headers) as socket:
                assert (await socket.receive_json())["op"] == 10


def test_a_link_from_another_site_opens_only_the_page() -> None:
    def fault(path: str, host: str) -> str | None:
        return find_violation("GET", path, host=host, origin=None, site="cross-site")

    assert fault("/", "localhost:8710") is None
    assert fault("/rehearsal/room", "localhost:8710") is not None
    assert fault("/", "evil.example") is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8710", "localhost:9", "[::1]:8710"])
def test_every_loopback_name_is_allowed(host: str) -> None:
    assert (
        find_violation("GET", "/x", host=host, origin=f"http://{host}", site="same-origin") is None
    )


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "a b",
        "127.0.0.2",
        "0.0.0.0",
        "[::1",
        "x:y",
        "evil@127.0.0.1:8710",
        "evil:evil@localhost",
        "127.0.0.1/x",
        "127.0.0.1?x",
        "127.0.0.1#x",
        "127.0.0.1:",
        "::1",
        "127.0.0.1:80:80",
        "127.0.0.1\\evil",
        "127.1",
        "2130706433",
    ],
)
def test_other_host_names_are_rejected(host: str | None) -> None:
    assert find_violation("GET", "/", host=host, origin=None, site=None) is not None


async def test_the_page_may_run_only_its_own_scripts(served: Emulator) -> None:
    async with aiohttp.ClientSession() as session, session.get(served.page) as response:
        policy = response.headers["Content-Security-Policy"]
        text = await response.text()
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "<style" not in text
    assert "onload" not in text
    assert text.count("<script") == 1


@pytest.mark.parametrize("name", ["..%2Froom.py", "%2e%2e%2fessay.md", "no.js", "a.exe", ".."])
async def test_only_the_page_s_own_files_are_served(served: Emulator, name: str) -> None:
    address = yarl.URL(f"{served.page}/page/{name}", encoded=True)
    async with aiohttp.ClientSession() as session, session.get(address) as response:
        assert response.status == 404


async def test_an_unknown_route_is_still_rejected_and_logged(
    served: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"{served.api}/channels/1/nonsense"
    async with aiohttp.ClientSession() as session, session.post(address) as response:
        assert response.status == 404
        assert "POST /api/v10/channels/1/nonsense" in (await response.json())["message"]
    assert "has no route POST /api/v10/channels/1/nonsense" in caplog.text


async def test_a_play_runs_once_and_unplayable_files_are_reported(served: Emulator) -> None:
    form = aiohttp.FormData()
    form.add_field("comments", b'{"id": 1}', filename="c.jsonl")
    play = f"{served.page}/rehearsal/room/play"
    async with aiohttp.ClientSession() as session:
        async with session.post(play, data=form) as response:
            assert response.status == 400
            assert "Line 1" in (await response.json())["message"]
        async with session.post(play) as response:
            assert response.status == 202
        async with session.post(play) as response:
            assert response.status == 409
