"""Client libraries log in to the emulator and use everything a bot like Salon uses.

discord.py, discord.js and hikari run always; ``SALON_TEST_ALL=1`` adds the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.emulator.faults.har import Recorder
from tests.emulator.http_clients import SeededServer
from tests.emulator.libraries.conductor import STEPS, Conductor
from tests.emulator.libraries.install import LIBRARIES, command_of
from tests.support.samples import RUN_ALL
from tests.support.wire_check import wire_faults


@contextlib.asynccontextmanager
async def _running(name: str, server: SeededServer, log: Path) -> AsyncIterator[asyncio.Task[None]]:
    """The library's script as a child process; the task ends with an error if the script ends."""
    command, environment = await asyncio.to_thread(command_of, name)
    emulator = server.emulator
    settings = {
        "page": emulator.page,
        "gateway": emulator.gateway,
        "token": server.bot.user.token,
        "guild": str(server.guild_id),
        "channel": str(server.essays),
        "forum": str(server.forum),
    }
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, json.dumps(settings), env=environment, stdout=output, stderr=output
        )

        async def ended() -> None:
            status = await process.wait()
            raise AssertionError(f"the script ended with {status}")

        watch = asyncio.create_task(ended())
        try:
            yield watch
        finally:
            watch.cancel()
            if process.returncode is None:
                process.kill()
            await process.wait()


async def _play(server: SeededServer, name: str, watch: asyncio.Task[None]) -> None:
    play = Conductor(server, LIBRARIES[name].lacks)
    for step in STEPS:
        part = asyncio.create_task(step(play))
        await asyncio.wait({part, watch}, return_when=asyncio.FIRST_COMPLETED)
        if watch.done():
            part.cancel()
            watch.result()
        try:
            await part
        except TimeoutError:
            last = [one.content for one in list(play.world.messages.values())[-4:]]
            pytest.fail(f"the step {step.__name__} took too long, after {last}")


@pytest.mark.slow
@pytest.mark.timeout(420)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            name,
            marks=pytest.mark.skipif(
                library.by_hand and not RUN_ALL, reason="runs with SALON_TEST_ALL=1"
            ),
        )
        for name, library in LIBRARIES.items()
    ],
)
async def test_a_client_library_does_everything(
    server: SeededServer, tmp_path: Path, name: str
) -> None:
    archive, log = tmp_path / "traffic.har", tmp_path / "script.log"
    server.emulator.recorder = Recorder(archive)
    try:
        async with _running(name, server, log) as watch:
            await _play(server, name, watch)
    except BaseException:
        sys.stdout.write(log.read_text(errors="replace") if log.exists() else "")
        raise
    server.emulator.recorder.close()
    assert wire_faults(archive) == []
