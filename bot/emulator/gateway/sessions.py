"""Gateway sessions and connections: sending frames, and the replay buffer for a resume.

docs: Gateway › Connection Lifecycle, Resuming.
"""

from __future__ import annotations

import asyncio
import contextlib
import zlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

import zstandard
from aiohttp import WSMsgType, web

__all__ = ["REPLAY_LIMIT", "Connection", "Frame", "FrameLog", "Session", "compressor"]

REPLAY_LIMIT = 20_000
"""How many events of a session can be replayed. Discord documents none; ours limits memory."""

_CLOSING_TAKES = 1.0

StepHook = Callable[[Literal["before", "after"], str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Frame:
    """One payload for the client; ``event`` is a dispatch's name, ``injected`` marks a fault."""

    data: bytes
    event: str | None = None
    injected: bool = False


class FrameLog(Protocol):
    """A recording of a bot's frames; sent and received are from the bot's side."""

    def sent(self, text: str) -> None:
        """Record a frame that the bot sent."""

    def received(self, text: str, *, injected: bool = False) -> None:
        """Record a frame that the bot received."""

    def close(self) -> None:
        """Finish the recording."""


def compressor(kind: str | None) -> Callable[[bytes], bytes] | None:
    """A compressor for a connection's frames; None for plain text frames.

    Raises ValueError for an unknown kind.
    docs: Gateway › Transport Compression (``zlib-stream``, ``zstd-stream``).
    """
    if kind is None:
        return None
    if kind == "zlib-stream":
        deflate = zlib.compressobj()
        return lambda data: deflate.compress(data) + deflate.flush(zlib.Z_SYNC_FLUSH)
    if kind == "zstd-stream":
        zstd = zstandard.ZstdCompressor(level=1).compressobj()
        flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return lambda data: zstd.compress(data) + zstd.flush(flush)
    raise ValueError(f"{kind} isn't a transport compression.")


class Connection:
    """One WebSocket. Pushed frames are sent in order by one task; ``push`` doesn't wait.

    ``address`` is the address the client connected to. ``step`` is awaited before and after each
    dispatch is sent (the tests' hook). ``close`` sends what was pushed before it.
    """

    def __init__(
        self,
        socket: web.WebSocketResponse,
        transport: asyncio.Transport | None,
        *,
        compress: Callable[[bytes], bytes] | None = None,
        address: str = "",
    ) -> None:
        self.socket = socket
        self.address = address
        self._transport = transport
        self.session: Session | None = None
        self.step: StepHook | None = None
        self._log: FrameLog | None = None
        self._early: list[tuple[bool, str]] | None = []
        self._compress = compress
        self._frames: deque[Frame] = deque()
        self._closing: int | None = None
        self._is_silent = False
        self._wake = asyncio.Event()
        self._ended = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def is_open(self) -> bool:
        """Whether frames that are pushed now are still sent."""
        return self._closing is None and not self._task.done()

    def push(self, frame: Frame) -> None:
        """Queue a frame; it is dropped if the socket is closed."""
        if self.is_open and not self._is_silent:
            self._frames.append(frame)
            self._wake.set()

    def record(self, log: FrameLog | None) -> None:
        """Record this connection from its first frame on, or never if ``log`` is None."""
        early, self._early = self._early or [], None
        self._log = log
        for is_sent, text in early if log is not None else ():
            assert log is not None
            (log.sent if is_sent else log.received)(text)

    @property
    def closing_code(self) -> int | None:
        """The close code this side sent; the one the client echoes doesn't matter."""
        return self._closing

    @property
    def is_undecided(self) -> bool:
        """Whether :meth:`record` hasn't been called yet."""
        return self._early is not None

    def note_sent(self, text: str) -> None:
        """Record what the client sent."""
        if self._log is not None:
            self._log.sent(text)
        elif self._early is not None:
            self._early.append((True, text))

    def close(self, code: int) -> None:
        """Close the socket with a code, after what was pushed before."""
        if self._closing is None:
            self._closing = code
            self._wake.set()

    def fall_silent(self) -> None:
        """Stop sending but keep the socket open, like a failed connection that isn't closed.

        docs: Gateway › Sending Heartbeats (a connection without acknowledgements is “zombied”).
        """
        self._is_silent = True

    def cut(self) -> None:
        """Abort the connection without a close frame, as a network failure does."""
        if self._transport is not None:
            self._transport.abort()

    async def finish(self) -> None:
        """Stop the sending task after the socket was closed or lost."""
        self._ended.set()
        if self._closing is not None:
            await asyncio.wait({self._task}, timeout=_CLOSING_TAKES)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        if self._log is not None:
            self._log.close()
            self._log = None

    async def _run(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                while self._frames:
                    await self._send(self._frames.popleft())
                if self._closing is not None:
                    await self._say_goodbye(self._closing)
                    return
                self._wake.clear()
                await self._wake.wait()

    async def _say_goodbye(self, code: int) -> None:
        """Send a close frame and keep the socket open until the client has answered it.

        ``socket.close`` doesn't wait while the socket is being read: a client that is busy just
        then would find the connection lost and never learn the code.
        """
        await self.socket.send_frame(code.to_bytes(2, "big"), WSMsgType.CLOSE)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), _CLOSING_TAKES)
        await self.socket.close(code=code)

    async def _send(self, frame: Frame) -> None:
        step = self.step if frame.event is not None else None
        if step is not None and frame.event is not None:
            await step("before", frame.event)
        if self._compress is not None:
            await self.socket.send_frame(self._compress(frame.data), WSMsgType.BINARY)
        else:
            await self.socket.send_frame(frame.data, WSMsgType.TEXT)
        if self._log is not None:
            self._log.received(frame.data.decode(), injected=frame.injected)
        elif self._early is not None:
            self._early.append((False, frame.data.decode()))
        if step is not None and frame.event is not None:
            await step("after", frame.event)


@dataclass(slots=True, eq=False)
class Session:
    """An identified client and its replay buffer.

    ``sequence`` is the number of the last event; ``connection`` is None while the client is
    disconnected. ``is_announced`` is set once READY and the servers were sent. ``expiry`` is
    the timer that ends a disconnected session.
    """

    id: str
    user_id: int
    is_bot: bool
    intents: int
    shard: tuple[int, int] | None = None
    sequence: int = 0
    connection: Connection | None = None
    is_announced: bool = False
    replay: deque[tuple[int, Frame]] = field(default_factory=lambda: deque(maxlen=REPLAY_LIMIT))
    expiry: asyncio.TimerHandle | None = None

    def has_server(self, guild_id: int | None) -> bool:
        """Whether the session's shard has a server; None: what belongs to none.

        docs: Gateway › Sharding (``(guild_id >> 22) % num_shards``; shard 0 gets the rest).
        """
        if self.shard is None:
            return True
        number, count = self.shard
        return (guild_id >> 22) % count == number if guild_id is not None else number == 0

    def dispatch(self, name: str, data: bytes, *, injected: bool = False) -> None:
        """Number an event, keep it for a resume and send it if the client is connected.

        docs: Gateway Events › Payload Structure (``op`` 0, ``s``, ``t``).
        """
        self.sequence += 1
        head = b'{"t":"%s","s":%d,"op":0,"d":' % (name.encode(), self.sequence)
        frame = Frame(head + data + b"}", name, injected)
        self.replay.append((self.sequence, frame))
        if self.connection is not None:
            self.connection.push(frame)

    def can_replay_after(self, sequence: int) -> bool:
        """Whether every event after this number is still in the replay buffer."""
        if sequence == self.sequence:
            return True
        return bool(self.replay) and self.replay[0][0] <= sequence + 1 <= self.sequence

    def resume_after(self, sequence: int, connection: Connection) -> None:
        """Send the events after ``sequence`` on a new connection.

        docs: Gateway › Resuming (missed events in order, then RESUMED).
        """
        self.connection = connection
        for number, frame in self.replay:
            if number > sequence:
                connection.push(frame)
        self.dispatch("RESUMED", b"{}")
