"""Watchdog of a gateway connection: notices when nothing is received any more.

discord.py closes a connection that has been silent for a minute. Where it can't (a socket that
doesn't close, an attempt to connect that never ends, a dead keep-alive thread), the process would
go on without doing anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from discord.gateway import DiscordWebSocket

__all__ = ["SILENCE_TIMEOUT", "wait_for_silence"]

#: Seconds without an event and without an acknowledged heartbeat. Discord asks for a heartbeat
#: every 41.25 s (docs: Gateway › Sending Heartbeats), so four acknowledgements were missed.
SILENCE_TIMEOUT = 180.0
#: Checks in one timeout.
_CHECKS = 12


async def wait_for_silence(
    get_socket: Callable[[], DiscordWebSocket | None], silence: float
) -> None:
    """Return after ``silence`` seconds of real time in which nothing was received.

    Each event has a sequence number of its own, and each acknowledged heartbeat its latency.
    """
    loop = asyncio.get_running_loop()
    last, known = loop.time(), _get_sign_of_life(get_socket())
    while loop.time() - last < silence:
        await asyncio.sleep(silence / _CHECKS)
        current = _get_sign_of_life(get_socket())
        if current != known:
            last, known = loop.time(), current


def _get_sign_of_life(socket: DiscordWebSocket | None) -> tuple[int | None, float] | None:
    return None if socket is None else (socket.sequence, socket.latency)
