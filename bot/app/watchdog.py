"""Watchdog of the gateway connection: reports when nothing is received any more.

discord.py closes a connection that has been silent for a minute. Where it can't (a socket that
doesn't close, an attempt to connect that never ends, a dead keep-alive thread), the process would
go on without doing anything.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

__all__ = ["SILENCE_TIMEOUT", "Watchdog"]

#: Seconds without an event and without an acknowledged heartbeat. Discord asks for a heartbeat
#: every 41.25 s (docs: Gateway › Sending Heartbeats), so four acknowledgements were missed.
SILENCE_TIMEOUT = 180.0
#: Checks in one timeout.
_CHECKS = 12


class Watchdog:
    """Calls ``on_silence`` after ``timeout`` seconds of real time in which nothing was received.

    ``latency``: seconds between the last acknowledged heartbeat and its acknowledgement, which
    changes with each; not finite before the first.
    """

    def __init__(
        self, latency: Callable[[], float], on_silence: Callable[[], None], timeout: float
    ) -> None:
        self._latency = latency
        self._on_silence = on_silence
        self._timeout = timeout
        self._has_received = True

    def reset(self) -> None:
        """An event was received."""
        self._has_received = True

    async def run(self) -> None:
        """Watch until cancelled."""
        loop = asyncio.get_running_loop()
        last, known = loop.time(), math.nan
        while True:
            latency = self._latency()
            if self._has_received or (math.isfinite(latency) and latency != known):
                last, known, self._has_received = loop.time(), latency, False
            elif loop.time() - last >= self._timeout:
                self._on_silence()
                last = loop.time()
            await asyncio.sleep(self._timeout / _CHECKS)
