"""Notifies systemd, if it asks for it: ready, alive, stopping (man: sd_notify(3))."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping

__all__ = ["ServiceManager"]

#: Seconds between requests for a longer start timeout while Discord hasn't been reached yet, and
#: by how many seconds each extends it.
_EXTEND_EVERY, _EXTEND_BY = 20.0, 90


class ServiceManager:
    """Sends notifications to the service manager at ``address``; none without an address.

    ``watchdog``: seconds within which the manager expects a sign of life; None if it doesn't.
    """

    def __init__(self, address: str | None = None, watchdog: float | None = None) -> None:
        self._address = address
        self._watchdog = watchdog
        self._is_ready = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> ServiceManager:
        """Reads ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID``, which systemd sets."""
        address = environment.get("NOTIFY_SOCKET") or None
        watchdog = None
        period = environment.get("WATCHDOG_USEC", "")
        if period.isdecimal() and environment.get("WATCHDOG_PID", "") in ("", str(os.getpid())):
            watchdog = int(period) / 1_000_000
        return cls(address, watchdog)

    def notify_ready(self) -> None:
        """Report that the bot is connected; only the first call does."""
        if not self._is_ready:
            self._is_ready = True
            self._notify("READY=1\nSTATUS=Connected to Discord")

    def notify_stopping(self) -> None:
        """Report that the bot was asked to stop."""
        self._notify("STOPPING=1\nSTATUS=Stopping")

    async def run(self) -> None:
        """Extend the start timeout until the bot is ready, and send signs of life; until cancelled.

        They are sent from the loop that does everything else, so a loop that hangs sends none.
        """
        if self._address is None:
            return
        until_extending = 0.0
        while True:
            if not self._is_ready and until_extending <= 0:
                self._notify(
                    f"EXTEND_TIMEOUT_USEC={_EXTEND_BY * 1_000_000}\nSTATUS=Connecting to Discord"
                )
                until_extending = _EXTEND_EVERY
            if self._watchdog is not None:
                self._notify("WATCHDOG=1")
            pause = _EXTEND_EVERY if self._watchdog is None else self._watchdog / 2
            await asyncio.sleep(pause)
            until_extending -= pause

    def _notify(self, text: str) -> None:
        if self._address is None:
            return
        # The address of an abstract Unix socket is written with an @ instead of its zero byte.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as one,
        ):
            one.setblocking(False)
            one.sendto(text.encode(), address)
