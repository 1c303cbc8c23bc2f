"""The emulator as a program of its own."""

from __future__ import annotations

import asyncio
import json
import socket
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


async def _run(*options: str) -> tuple[int | None, str]:
    """Run it until it ends by itself; the exit status and what it says on standard error."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.emulator", "serve", *options),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    return process.returncode, said.decode()


async def test_serve_refuses_an_invalid_world(tmp_path: Path) -> None:
    path = tmp_path / "world.toml"
    path.write_text("[", encoding="utf-8")
    status, said = await _run("--world", str(path))
    assert (status, "isn't valid TOML" in said) == (65, True)
    path.write_bytes(b"\xff")
    assert (await _run("--world", str(path)))[0] == 65


async def test_serve_says_why_it_cannot_read_a_world(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    assert await _run("--world", str(missing)) == (
        66,
        f"Can't read {missing}: No such file or directory.\n",
    )
    assert await _run("--world", str(tmp_path)) == (66, f"Can't read {tmp_path}: Is a directory.\n")


async def test_serve_says_why_it_cannot_listen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, said = await _run("--port", str(port))
    assert (status, "in use" in said, "Traceback" in said) == (69, True, False)
    for port in ("65536", "-1", "x", "9" * 5000):
        status, said = await _run(f"--port={port}")
        assert (status, "isn't a port: a number from 0 to 65535." in said) == (2, True)
