"""What is left out of the library's gateway connection, in the version that it was written for."""

from __future__ import annotations

import hashlib
import inspect
import textwrap
from pathlib import Path

import discord
from discord.gateway import DiscordWebSocket, KeepAliveHandler

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


#: What is replaced, or relied on.
SOURCES = (
    DiscordWebSocket.received_message,
    DiscordWebSocket.poll_event,
    KeepAliveHandler.__init__,
    KeepAliveHandler.run,
    discord.utils._ZstdDecompressionContext,
)
SOURCE_HASH = "a06c307af8b0cffc"


def test_the_source_is_that_of_the_librarys_version() -> None:
    """If this fails after an update: compare it with that of 2.7.1."""
    source = "".join(textwrap.dedent(inspect.getsource(one)) for one in SOURCES)
    assert hashlib.sha256(source.encode()).hexdigest()[:16] == SOURCE_HASH
