"""The gateway's connection, with less to do for each event.

discord.py decodes the bytes of each event into text, which the JSON parser encodes again, and sets
a timer and cancels it. Together that takes as long as parsing a message. And it receives events
faster than they are recorded.
"""

from __future__ import annotations

from typing import Any

import discord.client
from discord.gateway import DiscordWebSocket

from bot.ingest.recorder import Recorder

__all__ = ["GatewaySocket", "use_gateway_socket"]


class GatewaySocket(DiscordWebSocket):
    """One connection to the gateway."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.recorder: Recorder | None = None
        # Each frame of zstd-stream has a whole event. Without zstandard, zlib-stream is used.
        zstd = getattr(discord.utils, "_ZstdDecompressionContext", None)
        if zstd is not None and isinstance(self._decompressor, zstd):
            self._decompressor: Any = _BytesDecompressor(self._decompressor.decompressor)

    async def poll_event(self) -> None:
        """Receive one event and handle it; the next not before there is room to record it."""
        if self.recorder is None:
            self.recorder = _find_recorder(self._connection)
        elif self.recorder.is_full:
            await self.recorder.wait_for_room()
        if self._keep_alive is not None:
            # Its thread closes a connection on which nothing was received for a minute, so a
            # timer for each event isn't needed.
            self._max_heartbeat_timeout = None  # type: ignore[assignment]
        await super().poll_event()


def _find_recorder(connection: Any) -> Recorder | None:
    """The recorder that a connection's client has; None if it isn't Salon's client."""
    client = connection._get_client()  # noqa: SLF001 - pinned by the tests
    services = getattr(client, "services", None)
    return None if services is None else services.recorder


class _BytesDecompressor:
    """Decompresses events, and leaves them bytes for the JSON parser."""

    def __init__(self, decompressor: Any) -> None:
        self.decompress = decompressor.decompress


def use_gateway_socket() -> None:
    """Have discord.py's client open connections of this kind."""
    discord.client.DiscordWebSocket = GatewaySocket  # type: ignore[misc]
