"""The emulator as a program of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import aiohttp

_FILE = '[[bots]]\nname = "A"\ntoken = "t"\n[[servers]]\nname = "S"\nbots = [{ name = "A" }]\n'


async def test_serve_runs_a_world_from_a_file_until_it_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text(_FILE, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.emulator", "serve", "--world", str(path), "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = json.loads(await process.stdout.readline())
        async with (
            aiohttp.ClientSession(headers={"Authorization": "Bot t"}) as session,
            session.get(f"{line['api']}/users/@me/guilds") as response,
        ):
            assert [guild["name"] for guild in await response.json()] == ["S"]
    finally:
        process.terminate()
    assert await process.wait() == 0


async def test_serve_refuses_an_invalid_world(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text("[", encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.emulator", "serve", "--world", str(path)),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    said = (await process.stderr.read()).decode()
    assert (await process.wait(), "isn't valid TOML" in said) == (65, True)
