"""The bot is stopped while PostgreSQL can't be reached: it ends, and nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from tests.support.postgres_server import PostgresServer, find_programs, run_postgres
from tests.support.processes import needs_postgresql
from tests.support.running_bot import ServerClient, wait_until
from tests.support.spawned_bot import spawned_bot

pytestmark = [pytest.mark.slow, needs_postgresql]

ESSAY = "# Chairs\n\nNobody had chosen the chair in the attic.\n\nWhere do you go to sit?\n"
UNREACHABLE, UNSAVED = "Salon stops without it", "Events that may not be saved: 1."
#: Seconds in which the bot has to end; systemd kills it after 60.
_ENDS_WITHIN = 25.0


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of the test's own, since others are using the one of all tests."""
    programs = find_programs()
    assert programs is not None
    with run_postgres(programs) as running:
        yield running


@dataclass
class Loss:
    """How the server is lost. ``write``: says something in Discord; ``log``: what the bot logs."""

    server: PostgresServer
    write: Callable[[], Awaitable[object]]
    log: list[str]


async def stop_server(loss: Loss) -> list[str]:
    """The server is stopped; then something is said."""
    loss.server.stop()
    await loss.write()

    async def is_queued() -> bool:
        return any("1 events are queued" in line for line in loss.log)

    await wait_until(is_queued, "an event that can't be saved")
    return [UNSAVED]


async def pause_server(loss: Loss) -> list[str]:
    """The server neither answers nor refuses connections; then something is said."""
    loss.server.pause()
    await loss.write()
    return [UNREACHABLE]


async def stop_server_at_commit(loss: Loss) -> list[str]:
    """The server is stopped after a COMMIT of what is said, and before its answer."""
    server = loss.server
    # A COMMIT is answered once there is such a standby, which there never is.
    server.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
    await loss.write()

    async def is_waiting() -> bool:
        sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        return server.run(sql) != [(0,)]

    await wait_until(is_waiting, "a COMMIT without an answer")
    server.stop()
    return [UNREACHABLE, UNSAVED]


async def discuss(client: ServerClient) -> int:
    """Publish an essay, to which somebody replies; the id of the message to reply to."""
    await client.start_publishing(ESSAY)
    await client.settle()
    closing = int((await client.bot_messages())[-1]["id"])
    await client.write("Ann", "In the kitchen.", to=closing)
    await client.settle()
    return closing


@pytest.mark.parametrize("lose", [stop_server, pause_server, stop_server_at_commit])
async def test_a_stop_without_postgresql_ends_soon_and_what_was_said_is_read_at_the_next_start(
    tmp_path: Path, server: PostgresServer, lose: Callable[[Loss], Awaitable[list[str]]]
) -> None:
    async with (
        spawned_bot(tmp_path, forked=True, SALON_DATABASE=server.create()) as spawned,
        aiohttp.ClientSession() as session,
    ):
        emulator = spawned.emulator
        client = ServerClient(emulator, session, emulator.world.guild)
        await spawned.bot.start()
        await client.settle()
        closing = await discuss(client)

        told = await lose(
            Loss(server, lambda: client.write("Ben", "In the garden.", to=closing), spawned.log)
        )
        assert spawned.bot.pid is not None
        os.kill(spawned.bot.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(spawned.bot.ended.wait(), _ENDS_WITHIN)
        finally:
            server.resume()
        log = "\n".join(spawned.log)
        assert "The bot ended by itself with status 0." in log
        assert all(words in log for words in told), log
        assert "Traceback" not in log

        await spawned.bot.start()
        await client.settle()
        exported = await spawned.export()
        said = sorted((one["author"]["name"], one["text"]) for one in exported["replies"])
        assert said == [("Ann", "In the kitchen."), ("Ben", "In the garden.")]
        threads = [one["name"] for one in (await client.world())["threads"]]
        assert len(threads) == 2, threads
