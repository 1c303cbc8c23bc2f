"""What discord.py's gateway connection does for each event and needn't.

For each event it decodes the bytes into text, which the JSON parser encodes again, and sets a timer
and cancels it. Together that takes as long as parsing a message.
"""

from __future__ import annotations

from typing import Any

import discord
from discord.gateway import DiscordWebSocket

__all__ = ["parse_bytes", "stop_timing_events"]


def parse_bytes() -> None:
    """Have the JSON of compressed events parsed as bytes; for connections opened from now on.

    Without zstandard installed, discord.py's zlib stays as it is.
    """
    library: Any = discord.utils
    zstd = getattr(library, "_ZstdDecompressionContext", None)
    # gateway.py makes one of these for each connection.
    if zstd is not None and library._ActiveDecompressionContext is zstd:  # noqa: SLF001
        library._ActiveDecompressionContext = _make_bytes_context(zstd)  # noqa: SLF001


def _make_bytes_context(context: type[Any]) -> type[Any]:
    class BytesContext(context):  # type: ignore[misc]
        __slots__ = ()

        def decompress(self, data: bytes, /) -> bytes:
            """The JSON of one event. Each frame of the WebSocket has a whole one."""
            event: bytes = self.decompressor.decompress(data)
            return event

    return BytesContext


def stop_timing_events(socket: DiscordWebSocket) -> None:
    """Set no timer for the next event from now on; for a connection with a session.

    The keep-alive thread goes on to close a connection on which nothing is received for a minute
    (discord.py: KeepAliveHandler), and so does the watchdog.
    """
    socket._max_heartbeat_timeout = None  # type: ignore[assignment] # noqa: SLF001 - of poll_event
