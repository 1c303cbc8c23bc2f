"""The connection of one shard, which reconnects whatever happens to the others.

discord.py's AutoShardedClient reconnects its shards one after the other, each for up to a minute,
and ends all of them when one can't be continued. So each shard has a loop of its own here, of the
same parts as that of discord.Client.connect.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import NoReturn

import aiohttp
import discord
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.app.gateway_socket import GatewaySocket
from bot.app.identify_slots import IdentifySlots
from bot.app.watchdog import wait_for_silence

__all__ = ["ShardConnection"]

_log = logging.getLogger(__name__)

#: Close codes after which no connection of this bot succeeds
#: (docs: Opcodes and Status Codes › Gateway Close Event Codes).
_FATAL_CLOSE_CODES = frozenset((4004, 4010, 4011, 4012, 4013, 4014))
_INTENTS_REFUSED = 4014

#: Errors after which another attempt may succeed, and the session may be resumed.
_TRANSIENT = (
    OSError,
    TimeoutError,
    aiohttp.ClientError,
    discord.HTTPException,
    discord.GatewayNotFound,
)

#: Seconds for opening a connection until its identify or resume is sent, and for closing one.
_CONNECT_TIMEOUT, _CLOSE_TIMEOUT = 60.0, 10.0
#: Attempts to resume a session; then it is replaced by a new one.
_MAX_RESUMES = 3
#: Attempts that are made at once, seconds until the next, doubled with each further one, and the
#: longest. A thousand new sessions a day are allowed (docs: Gateway › Session Start Limit Object).
_AT_ONCE, _FIRST_WAIT, _LONGEST_WAIT = 2, 1.0, 300.0
#: Seconds that a session must have lasted for new ones to be begun at once again.
_STABLE_AFTER = 300.0


class ShardConnection:
    """Keeps one shard connected.

    socket:   the newest connection; None before the first
    silence:  seconds without anything received after which the connection is replaced

    Each time the connection is lost, the client gets the event ``shard_disconnect``.
    """

    def __init__(
        self, client: discord.Client, shard_id: int, slots: IdentifySlots, silence: float
    ) -> None:
        self.id = shard_id
        self.socket: DiscordWebSocket | None = None
        self._client = client
        self._slots = slots
        self._silence = silence
        self._opened: DiscordWebSocket | None = None
        self._may_resume = False
        #: Attempts in a row that came to no session, and new sessions since the last stable one.
        self._failures = self._identifies = 0
        self._session_since: float | None = None

    def note_socket(self, socket: DiscordWebSocket) -> None:
        """A socket was opened; it is used once its identify or resume was sent."""
        self._opened = socket

    def note_session(self) -> None:
        """A session has begun or was resumed."""
        self._may_resume = True
        self._failures = 0
        self._session_since = asyncio.get_running_loop().time()

    async def run(self) -> NoReturn:
        """Stay connected until cancelled.

        Raises ConnectionClosed or PrivilegedIntentsRequired if Discord refuses the bot itself.
        """
        try:
            while True:
                if not self._may_resume:
                    self._identifies += 1
                    await self._slots.wait_for_turn(self.id)
                reason = await self._connect_until_lost()
                self._count_loss()
                wait = self._get_wait()
                _log.log(
                    logging.WARNING if wait else logging.INFO,
                    "Shard %d has lost its connection (%s). Connecting again in %.0f s.",
                    self.id,
                    reason,
                    wait,
                )
                self._client.dispatch("shard_disconnect", self.id)
                await asyncio.sleep(wait)
        finally:
            await self._close(1000, self.socket)

    def _count_loss(self) -> None:
        now, since = asyncio.get_running_loop().time(), self._session_since
        if since is not None and now - since > _STABLE_AFTER:
            self._identifies = 0
        self._session_since = None
        self._failures += 1
        if self._failures > _MAX_RESUMES:
            self._may_resume = False

    def _get_wait(self) -> float:
        attempts = self._failures if self._may_resume else max(self._failures, self._identifies)
        if attempts <= _AT_ONCE:
            return 0.0
        wait = min(_FIRST_WAIT * 2.0 ** min(attempts - _AT_ONCE - 1, 10), _LONGEST_WAIT)
        return wait * random.uniform(0.5, 1.0)  # noqa: S311 - so that many don't come at once

    async def _connect_until_lost(self) -> str:
        """Connect and receive; why that has ended."""
        try:
            await self._receive_until_silent()
        except ReconnectWebSocket as request:
            if request.resume:
                return "it was closed"
            self._may_resume = False
            # docs: Gateway Events › Invalid Session. Identifies of other processes count, too.
            await asyncio.sleep(random.uniform(0.2, 1.0) * self._slots.interval)  # noqa: S311
            return "its session has ended"
        except discord.ConnectionClosed as error:
            if error.code == _INTENTS_REFUSED:
                raise discord.PrivilegedIntentsRequired(self.id) from None
            if error.code in _FATAL_CLOSE_CODES:
                raise
            self._may_resume = False
            return f"it was closed with {error.code}"
        except _TRANSIENT as error:
            await self._close(4000, self.socket)
            return f"{type(error).__name__}: {error}"
        except Exception:  # noqa: BLE001 - the library's data may be incomplete: start again
            _log.exception("Unexpected error in shard %d.", self.id)
            self._may_resume = False
            await self._close(4000, self.socket)
            return "an unexpected error"
        await self._close(4000, self.socket)
        return "Discord has sent nothing for minutes"

    async def _receive_until_silent(self) -> None:
        """Connect and receive; return if nothing is received any more. Raises what ends it."""
        receiving = asyncio.create_task(self._receive(), name=f"shard-{self.id}")
        silence = asyncio.create_task(
            wait_for_silence(lambda: self.socket, self._silence), name=f"watchdog-{self.id}"
        )
        try:
            await asyncio.wait({receiving, silence}, return_when=asyncio.FIRST_COMPLETED)
            if receiving.done() and not receiving.cancelled():
                receiving.result()
        finally:
            silence.cancel()
            receiving.cancel()
            await asyncio.wait({receiving}, timeout=_CLOSE_TIMEOUT)
            if receiving.done() and not receiving.cancelled():
                receiving.exception()  # or asyncio would log it, too
            if self._opened is not self.socket:  # its keep-alive thread would go on
                await self._close(4000, self._opened)

    async def _receive(self) -> NoReturn:
        before = self.socket if self._may_resume else None
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            self.socket = socket = await GatewaySocket.from_client(
                self._client,
                shard_id=self.id,
                gateway=None if before is None else before.gateway,
                session=None if before is None else before.session_id,
                sequence=None if before is None else before.sequence,
                resume=before is not None,
            )
        while True:
            await socket.poll_event()

    async def _close(self, code: int, socket: DiscordWebSocket | None) -> None:
        """Close a socket, also one that doesn't answer."""
        if socket is not None:
            with contextlib.suppress(*_TRANSIENT):
                async with asyncio.timeout(_CLOSE_TIMEOUT):
                    await socket.close(code)
