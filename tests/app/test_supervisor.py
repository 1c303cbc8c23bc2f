"""The supervisor: whatever ends a connection, a fresh one follows, and the log says why."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from bot.app.background_tasks import BackgroundTasks
from bot.app.client import Salon
from bot.app.supervisor import run_client
from bot.clock import Clock
from bot.discord_api.connection import set_base_urls
from bot.emulator.faults.bot_process import BotProcess
from bot.emulator.gateway.sessions import Session
from bot.emulator.server import Emulator
from bot.settings import Settings
from storage.db.database import open_database
from tests.app.test_operators_day import environment
from tests.support.running_bot import run_emulator, wait_until
from tests.support.spawned_bot import SpawnedBot, spawned_bot

SOON = 60.0
CUT: dict[str, Any] = {"kind": "http", "method": "GET", "status": None}


async def strike(emulator: Emulator, fault: dict[str, Any]) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{emulator.page}/rehearsal/faults", json=fault) as response,
    ):
        assert response.status < 300, await response.text()


def said(spawned: SpawnedBot, words: str) -> bool:
    return any(words in line for line in spawned.log)


async def ready(spawned: SpawnedBot) -> str:
    """The id of the session that stands."""
    session: Session = await asyncio.wait_for(spawned.emulator.dispatcher.wait_for_bot(), SOON)
    return session.id


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            CUT | {"path": "/users/@me", "times": 2}, id="login-cut"
        ),  # aiohttp asks twice
        pytest.param(CUT | {"path": "/users/@me", "status": 403}, id="login-refused-for-now"),
    ],
)
async def test_a_failed_login_is_retried(fault: dict[str, Any], tmp_path: Path) -> None:
    async with spawned_bot(tmp_path) as spawned:
        await strike(spawned.emulator, fault)
        await spawned.bot.start()
        await ready(spawned)
        assert len(spawned.emulator.faults) == 0
        assert said(spawned, "Discord can't be reached"), spawned.log
        assert said(spawned, "Trying again in 2 s."), spawned.log
        assert not said(spawned, "Traceback"), spawned.log


async def test_a_refused_first_connection_is_retried(tmp_path: Path, unused_tcp_port: int) -> None:
    async with spawned_bot(tmp_path) as spawned:
        address = urlsplit(spawned.emulator.gateway)
        log: list[str] = []
        refused = asyncio.Event()

        def note(line: str) -> None:
            log.append(line)
            if "Trying again" in line:
                refused.set()

        later = address._replace(netloc=f"127.0.0.1:{unused_tcp_port}").geturl()
        bot = BotProcess(environment(spawned, tmp_path) | {"DISCORD_GATEWAY_URL": later}, note)
        await bot.start()
        try:
            await asyncio.wait_for(refused.wait(), SOON)

            async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                on, out = await asyncio.open_connection("127.0.0.1", address.port)
                await asyncio.gather(pass_on(reader, out), pass_on(on, writer))

            async with await asyncio.start_server(forward, "127.0.0.1", unused_tcp_port):
                await ready(spawned)
        finally:
            await bot.stop()
        assert any("Discord can't be reached" in line for line in log), log
        assert not any("Traceback" in line for line in log), log


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_a_payload_that_breaks_discord_py_leads_to_a_new_connection(
    tmp_path: Path,
) -> None:
    async with spawned_bot(tmp_path) as spawned:
        await spawned.bot.start()
        before = await ready(spawned)
        await strike(spawned.emulator, {"kind": "event", "event": "CHANNEL_CREATE", "data": {}})
        hub = spawned.emulator.dispatcher
        async with asyncio.timeout(SOON):
            while all(session.id == before for session in hub.bot_sessions()):
                await hub.next_change()
        assert said(spawned, "Unexpected error in the client."), spawned.log
        assert said(spawned, "The client failed. Trying again in 2 s."), spawned.log


@pytest.mark.parametrize("code", [4004, 4010, 4011, 4012, 4013, 4014])
async def test_a_fatal_close_code_ends_the_process_with_a_sentence(
    code: int, tmp_path: Path
) -> None:
    async with spawned_bot(tmp_path) as spawned:
        await spawned.bot.start()
        await ready(spawned)
        await strike(spawned.emulator, {"kind": "gateway_close", "code": code})
        await asyncio.wait_for(spawned.bot.ended.wait(), SOON)
        assert said(spawned, "ended by itself with status 77"), spawned.log
        assert not said(spawned, "Traceback"), spawned.log


@asynccontextmanager
async def a_life(
    folder: Path, **more: Any
) -> AsyncIterator[tuple[Emulator, Salon, asyncio.Task[str]]]:
    """A bot in this process, connected, and what ends its connection."""
    async with run_emulator() as emulator:
        emulator.dispatcher.heartbeat_interval = 0.05
        set_base_urls(emulator.api, emulator.gateway)
        settings = Settings(
            token=emulator.world.bot.token,
            database=folder / "salon.sqlite3",
            backups=folder / "kept",
            api_base=emulator.api,
            gateway_url=emulator.gateway,
        )
        async with open_database(settings.database) as database:
            salon = Salon(database, Clock(), **more)
            stopping = asyncio.create_task(asyncio.Event().wait())
            life = asyncio.create_task(run_client(settings, salon, [], stopping))
            try:
                await asyncio.wait_for(emulator.dispatcher.wait_for_bot(), SOON)
                yield emulator, salon, life
            finally:
                stopping.cancel()
                await asyncio.wait_for(life, SOON)


async def heartbeats(salon: Salon, count: int) -> None:
    """Return once that many more heartbeats were acknowledged."""
    known = salon.latency
    async with asyncio.timeout(SOON):
        while count:
            await asyncio.sleep(0.01)
            if salon.latency != known:
                known, count = salon.latency, count - 1


async def test_a_silent_connection_is_ended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with a_life(tmp_path, silence_timeout=1.0) as (emulator, salon, life):
        # Nothing happens in the servers, but Discord acknowledges: that is no silence.
        await heartbeats(salon, 40)
        assert not life.done()
        await strike(emulator, {"kind": "silence"})
        assert await asyncio.wait_for(life, SOON) == "The connection ended."
        assert "Discord has sent nothing" in caplog.text


def named(name: str) -> asyncio.Task[Any]:
    (found,) = (task for task in asyncio.all_tasks() if task.get_name() == name)
    return found


@pytest.mark.parametrize("name", ["connection", "recorder", "catch-up", "scheduler", "watchdog"])
async def test_a_task_that_is_cancelled_ends_the_connection(name: str, tmp_path: Path) -> None:
    async with a_life(tmp_path) as (_, salon, life):
        await heartbeats(salon, 1)
        named(name).cancel()
        assert await asyncio.wait_for(life, SOON) == "The connection ended."


@pytest.mark.parametrize(
    "ending", [lambda task: task.cancel(), lambda _: None], ids=["cancelled", "at its end"]
)
async def test_a_task_that_ends_is_reported_and_a_stopped_one_is_not(
    ending: Callable[[asyncio.Task[None]], object],
) -> None:
    over = asyncio.Event()
    tasks = BackgroundTasks(on_failure=over.set)
    rest = asyncio.Event()

    async def work() -> None:
        await rest.wait()

    tasks.start(work(), name="one")
    ending(named("one"))
    rest.set()
    await asyncio.wait_for(over.wait(), SOON)
    over.clear()
    rest.clear()
    other = BackgroundTasks(on_failure=over.set)
    other.start(work(), name="two")
    await other.stop()
    assert not over.is_set()


async def test_sigusr1_logs_the_stacks_and_the_bot_goes_on(tmp_path: Path) -> None:
    async with spawned_bot(tmp_path) as spawned:
        await spawned.bot.start()
        before = await ready(spawned)
        assert spawned.bot.pid is not None
        os.kill(spawned.bot.pid, signal.SIGUSR1)

        async def stands() -> bool:
            return said(spawned, "in run_forever")

        await wait_until(stands, "where it stands")
        assert spawned.bot.is_running
        assert await ready(spawned) == before
