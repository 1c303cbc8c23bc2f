"""A connection on which nothing is heard any more is ended, so that a fresh one is made.

The library closes a connection that brought nothing for a minute; what keeps it from doing so
(a socket that cannot be closed, an attempt to connect that never ends, a keep-alive thread that
died) would leave a process that lives and does nothing.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

__all__ = ["PATIENCE", "Silence"]

#: Seconds without an event and without an acknowledged heartbeat. Discord asks for a heartbeat
#: every 41.25 s (docs: Gateway › Sending Heartbeats), so four acknowledgements were missed.
PATIENCE = 180.0
_LOOKS = 12


class Silence:
    """Calls ``on_silence`` once nothing was heard for ``patience`` seconds of real time.

    ``latency``: of the last acknowledged heartbeat, in seconds; each acknowledgement changes it.
    """

    def __init__(
        self, latency: Callable[[], float], on_silence: Callable[[], None], patience: float
    ) -> None:
        self._latency = latency
        self._on_silence = on_silence
        self._patience = patience
        self._heard = True

    def heard(self) -> None:
        """An event came."""
        self._heard = True

    async def run(self) -> None:
        """Watch until cancelled."""
        loop = asyncio.get_running_loop()
        last, known = loop.time(), math.nan
        while True:
            latency = self._latency()
            if self._heard or (math.isfinite(latency) and latency != known):
                last, known, self._heard = loop.time(), latency, False
            elif loop.time() - last >= self._patience:
                self._on_silence()
                last = loop.time()
            await asyncio.sleep(self._patience / _LOOKS)
