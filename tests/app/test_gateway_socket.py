"""What is left out of the library's gateway connection, in the version that it was written for."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import textwrap
import time
from pathlib import Path

import discord
from discord.gateway import DiscordWebSocket, KeepAliveHandler

from bot.app.gateway_socket import GatewaySocket
from bot.core.conversation.events import Reaction
from tests.support.running_bot import run_bot, run_emulator, running_bot, wait_until

#: A letter of each length in UTF-8, and what JSON escapes.
TEXT = 'ASCII, é, 本, 😀, "quoted", a\\b,\ta new\nline, \u2028.'


async def test_events_are_parsed_from_bytes(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        socket = running.salon.ws
        assert type(socket._decompressor).__name__ == "_BytesDecompressor"
        *_, closing = await running.publish()
        await running.write("Ben", TEXT, to=closing["id"])
        await running.settle()
        rows = await running.database.read(lambda tx: tx.rows("SELECT text FROM replies"))
        assert [row["text"] for row in rows] == [TEXT]


async def test_no_timer_is_set_in_a_session_and_the_next_connections_begin_with_one(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        first = running.salon.ws
        assert first._max_heartbeat_timeout is None
        assert first._keep_alive is not None
        assert first._keep_alive.heartbeat_timeout == 60.0
        running.emulator.dispatcher.close_bots(4000)

        async def resumed() -> bool:
            socket = running.salon.ws
            return socket is not first and socket._max_heartbeat_timeout is None

        await wait_until(resumed, "the resumed session")


async def test_the_keep_alive_thread_closes_a_silent_connection_that_has_no_timer(
    tmp_path: Path,
) -> None:
    async with run_emulator() as emulator:
        emulator.dispatcher.heartbeat_interval = 0.5
        async with run_bot(tmp_path, emulator) as running:
            first = running.salon.ws
            assert first._keep_alive is not None
            first._keep_alive.heartbeat_timeout = 0.0  # as if nothing had come for that long

            async def replaced() -> bool:
                connection = running.salon.get_connection()
                return running.salon.ws is not first and connection.shards[0].connected

            await wait_until(replaced, "the new connection")
            assert first.socket.closed


def make_flood() -> list[Reaction]:
    """As many events as are written at once; they are about messages that nobody knows."""
    return [Reaction(number, 1, 1, "🍞", 1) for number in range(1, 2501)]


async def test_while_a_whole_batch_is_queued_the_next_event_is_received_a_second_later(
    tmp_path: Path,
) -> None:
    async with running_bot(tmp_path) as running:
        recorder, released = running.salon.services.recorder, asyncio.Event()
        *_, closing = await running.publish()
        await running.settle()
        held = asyncio.create_task(running.database.write(lambda tx: released.wait()))
        recorder.put(make_flood())
        assert recorder.is_full
        begun = time.monotonic()
        for number, text in enumerate(("It is received already.", "It has to wait."), 2501):
            await running.write("Ben", text, to=closing["id"])

            async def arrived(number: int = number) -> bool:
                return recorder.queued >= number

            await wait_until(arrived, "the message in the queue")
        assert time.monotonic() - begun >= 1.0
        assert not recorder.is_full  # it takes long, so nothing waits until the next commit
        released.set()
        await held
        await running.settle()
        rows = await running.database.read(lambda tx: tx.rows("SELECT text FROM replies"))
        assert len(rows) == 2


async def test_after_a_commit_there_is_room_for_the_next_event(tmp_path: Path) -> None:
    async with running_bot(tmp_path) as running:
        recorder = running.salon.services.recorder
        assert isinstance(running.salon.ws, GatewaySocket)
        assert running.salon.ws.recorder is recorder
        recorder.put(make_flood())
        assert recorder.is_full
        await recorder.wait_for_room()
        assert recorder.queued < 2500
        assert not recorder.is_full


#: What is replaced, or relied on.
SOURCES = (
    DiscordWebSocket.from_client,
    DiscordWebSocket.received_message,
    DiscordWebSocket.poll_event,
    KeepAliveHandler.__init__,
    KeepAliveHandler.run,
    discord.utils._ZstdDecompressionContext,
)
SOURCE_HASH = "0bc5a5ce7c8dc9a1"


def test_the_source_is_that_of_the_librarys_version() -> None:
    """If this fails after an update: compare it with that of 2.7.1."""
    source = "".join(textwrap.dedent(inspect.getsource(one)) for one in SOURCES)
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == SOURCE_HASH
