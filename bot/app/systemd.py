"""What systemd is told, where it asks for it: ready, alive, stopping (man: sd_notify(3))."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping

__all__ = ["ServiceManager"]

#: Seconds between two requests for patience while Discord has not been reached yet, and how long
#: a patience each asks for.
_ASK_EVERY, _ASK_FOR = 20.0, 90


class ServiceManager:
    """Tells the service manager at ``address``; nothing is told where there is none.

    ``watchdog``: seconds within which the manager wants to hear that the process is alive; None
    where it does not.
    """

    def __init__(self, address: str | None = None, watchdog: float | None = None) -> None:
        self._address = address
        self._watchdog = watchdog
        self._is_ready = False

    @classmethod
    def of_environment(cls, environment: Mapping[str, str]) -> ServiceManager:
        """As systemd says in ``NOTIFY_SOCKET``, ``WATCHDOG_USEC`` and ``WATCHDOG_PID``."""
        address = environment.get("NOTIFY_SOCKET") or None
        watchdog = None
        period = environment.get("WATCHDOG_USEC", "")
        if period.isdecimal() and environment.get("WATCHDOG_PID", "") in ("", str(os.getpid())):
            watchdog = int(period) / 1_000_000
        return cls(address, watchdog)

    def ready(self) -> None:
        """The bot is connected; told once."""
        if not self._is_ready:
            self._is_ready = True
            self._tell("READY=1\nSTATUS=Connected to Discord")

    def stopping(self) -> None:
        """The bot was asked to end."""
        self._tell("STOPPING=1\nSTATUS=Stopping")

    async def run(self) -> None:
        """Ask for patience until the bot is ready, and tell that it is alive, until cancelled.

        The loop that serves everything else tells it, so a loop that hangs tells nothing.
        """
        if self._address is None:
            return
        until_asking = 0.0
        while True:
            if not self._is_ready and until_asking <= 0:
                self._tell(
                    f"EXTEND_TIMEOUT_USEC={_ASK_FOR * 1_000_000}\nSTATUS=Connecting to Discord"
                )
                until_asking = _ASK_EVERY
            if self._watchdog is not None:
                self._tell("WATCHDOG=1")
            pause = _ASK_EVERY if self._watchdog is None else self._watchdog / 2
            await asyncio.sleep(pause)
            until_asking -= pause

    def _tell(self, text: str) -> None:
        if self._address is None:
            return
        # A socket of Linux's abstract kind is written with an @ in place of its zero byte.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as one,
        ):
            one.setblocking(False)
            one.sendto(text.encode(), address)
