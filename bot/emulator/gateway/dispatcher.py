"""The gateway's dispatcher: all sessions, and which events each of them gets.

docs: Gateway › Connection Lifecycle, Gateway Intents, Sharding, Session Start Limit.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal, Protocol

import orjson

from bot.emulator import payloads
from bot.emulator.address import Address
from bot.emulator.gateway.intents import (
    Intent,
    is_content_withheld,
    is_subscribed,
    strip_content,
)
from bot.emulator.gateway.outages import Outages
from bot.emulator.gateway.ready import hello_frame, ready_payload, redact_token
from bot.emulator.gateway.sessions import Connection, Frame, FrameLog, Session, StepHook
from bot.emulator.payloads import Dispatch
from bot.emulator.world.events import Event
from bot.emulator.world.models import User
from bot.emulator.world.world import World

__all__ = ["ConnectionRecorder", "Dispatcher", "EventFaults"]

_RESUMABLE_FOR = 300.0
"""Seconds that a session outlives its connection; Discord documents no number."""
_IDENTIFY_INTERVAL = 5.0
_ALL_MEMBERS_INTERVAL = 30.0
_HELD_FOR = 2.0
_TOKEN_REPLACED = 4004
_ENDING_CODES = {4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014}
"""Close codes of the gateway after which a session cannot be resumed.

docs: Opcodes and Status Codes › Gateway Close Event Codes. Only a client's 1000 and 1001 are said
to end a session; the documentation is silent about a gateway's, which here leave it resumable.
"""

_ENDING_CLIENT_CODES = {1000, 1001}
"""Close codes of a client that end its session. docs: Gateway › Initiating a Disconnect.
"""
_SEEN_BY_ALL = {"CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"}
_BLOCKED = "AUTO_MODERATION_ACTION_EXECUTION"
_WITH_CONTENT = {"MESSAGE_CREATE", "MESSAGE_UPDATE"}


class EventFaults(Protocol):
    """Faults injected into the events that bots are sent."""

    def on_event(self, name: str) -> Literal["duplicate", "reorder"] | None:
        """The fault for the next event of this name, which is used up; None for none."""


class ConnectionRecorder(Protocol):
    """Records the frames of bots' connections."""

    def connection(self, url: str) -> FrameLog:
        """A log for one new connection."""


class Dispatcher:
    """Sends events to the sessions that subscribed to them; listens between ``open`` and ``close``.

    ``heartbeat_interval`` is in seconds. ``on_step`` is awaited before and after each event that
    a bot is sent. ``recorder`` records bots' new connections, if it is set. Without
    ``rate_limited`` bots may identify and request all members as often as they like.
    """

    def __init__(
        self,
        world: World,
        address: Address,
        *,
        faults: EventFaults,
        on_step: StepHook,
        rate_limited: bool = True,
    ) -> None:
        self.world = world
        self.heartbeat_interval = 41.25
        self.recorder: ConnectionRecorder | None = None
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        self.outages = Outages(world, self.sessions)
        self._address = address
        self._faults = faults
        self._on_step = on_step
        self.rate_limited = rate_limited
        self._identified_at: dict[tuple[int, int], float] = {}
        self._all_members_at: dict[tuple[int, int], datetime] = {}
        self._armed: list[int] = []
        self._held: dict[str, tuple[str, bytes, asyncio.TimerHandle]] = {}
        self._waiting: list[asyncio.Future[None]] = []

    def open(self) -> None:
        """Start listening to the world."""
        self.world.listeners.append(self.on_event)

    async def close(self) -> None:
        """Stop listening and close every socket with 1001, as a gateway that shuts down."""
        if self.on_event in self.world.listeners:
            self.world.listeners.remove(self.on_event)
        for session in list(self.sessions.values()):
            self.end_session(session)
        for connection in list(self.connections):
            connection.close(1001)
        self._notify_change()

    # Bots' sessions ---------------------------------------------------------------------------

    def bot_sessions(self) -> Iterator[Session]:
        """The bot's sessions that are connected and past READY, the newest last."""
        for session in self.sessions.values():
            connection = session.connection
            if session.is_bot and session.is_announced and connection and connection.is_open:
                yield session

    def next_change(self) -> asyncio.Future[None]:
        """A future that is done when a session next starts, resumes or loses its connection."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    async def wait_for_bot(self) -> Session:
        """Wait for the bot to connect; its newest session."""
        while True:
            found = list(self.bot_sessions())
            if found:
                return found[-1]
            await self.next_change()

    def _notify_change(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    # Connections ------------------------------------------------------------------------------

    def add_connection(self, connection: Connection) -> None:
        """Register a new connection; whether it is a bot's is known once it identifies."""
        self.connections.append(connection)

    def hello(self) -> Frame:
        """The first frame of every connection."""
        return hello_frame(self.heartbeat_interval)

    def note_sent(self, connection: Connection, raw: bytes) -> None:
        """Record what a client sent, without its token; only bots' connections are recorded.

        Whether a connection is a bot's is known once it sends a token.
        """
        if connection.is_undecided:
            user = self._sender(raw)
            if self.recorder is None or (user is not None and not user.bot):
                connection.record(None)
            elif user is not None:
                connection.record(self.recorder.connection(connection.address))
        connection.note_sent(redact_token(raw))

    def _sender(self, raw: bytes) -> User | None:
        try:
            token = orjson.loads(raw)["d"]["token"]
        except (ValueError, KeyError, TypeError):
            return None
        return self.world.user_by_token(token) if isinstance(token, str) else None

    def remove_connection(self, connection: Connection, code: int | None) -> None:
        """Unregister a closed connection; its session can be resumed unless the code ends it.

        ``code`` is the client's close code, None if the gateway closed or the connection was lost.
        """
        if connection in self.connections:
            self.connections.remove(connection)
        session = connection.session
        if session is None or session.connection is not connection:
            return
        session.connection = None
        if code in _ENDING_CLIENT_CODES:
            self.end_session(session)
        elif session.id in self.sessions:
            loop = asyncio.get_running_loop()
            session.expiry = loop.call_later(_RESUMABLE_FOR, self.end_session, session)
        self._notify_change()

    def drop_by_code(self, connection: Connection, code: int) -> None:
        """End a connection's session if it can't be resumed after this close code."""
        if code in _ENDING_CODES and connection.session is not None:
            self.end_session(connection.session)

    # Sessions ---------------------------------------------------------------------------------

    def application_flags(self, bot_id: int) -> int:
        """The flags of a bot's application, which say what intents it may request."""
        application = self.world.application_of(bot_id)
        return application.flags if application is not None else 0

    def can_identify(self, user: User, shard_id: int) -> bool:
        """Whether a bot may start a session now: one in 5 seconds in each bucket of shards.

        docs: Gateway › Sharding, Max Concurrency.
        """
        if not user.bot or not self.rate_limited:
            return True
        now = asyncio.get_running_loop().time()
        bucket = user.id, self.world.sharding.get_bucket(shard_id)
        last = self._identified_at.get(bucket)
        if last is not None and now - last < _IDENTIFY_INTERVAL:
            return False
        self._identified_at[bucket] = now
        return True

    def count_start(self, user: User) -> bool:
        """Count a start of a bot's session; False if it has started too many of them.

        Then its sessions end and its token is replaced (docs: Gateway › Identifying); the
        documentation is silent about the close code, which here is that of an invalid token.
        """
        if not user.bot or not self.rate_limited:
            return True
        if self.world.sharding.count_start(user.id, self.world.now()):
            return True
        for session in [one for one in self.sessions.values() if one.user_id == user.id]:
            connection = session.connection
            self.end_session(session)
            if connection is not None:
                connection.close(_TOKEN_REPLACED)
        self.world.reset_token(user)
        return False

    def has_too_many_servers(self, user: User, shard: tuple[int, int] | None) -> bool:
        """Whether a bot's session would have more servers than Discord allows in one."""
        session = Session("", user.id, user.bot, 0, shard)
        servers = (g for g in self.world.guilds_of(user.id) if session.has_server(g.id))
        return user.bot and sum(1 for _ in servers) > self.world.sharding.servers_a_shard

    def seconds_until_all_members(self, session: Session, guild_id: int) -> float:
        """How long a bot has to wait before it requests all members again; 0 counts as a request.

        docs: Change Log, 14 August 2025 (1 request in 30 seconds for each server and bot).
        """
        if not session.is_bot or not self.rate_limited:
            return 0.0
        key, now = (session.user_id, guild_id), self.world.now()
        last = self._all_members_at.get(key)
        if last is not None:
            left = _ALL_MEMBERS_INTERVAL - (now - last).total_seconds()
            if left > 0:
                return round(left, 3)
        self._all_members_at[key] = now
        return 0.0

    def reject_session(self, connection: Connection, *, resumable: bool = False) -> None:
        """docs: Gateway Events › Invalid Session."""
        connection.push(Frame(orjson.dumps({"t": None, "s": None, "op": 9, "d": resumable})))

    def start_session(
        self,
        connection: Connection,
        user: User,
        intents: int,
        shard: tuple[int, int] | None,
    ) -> None:
        """Start a new session: send READY, then a GUILD_CREATE for each of its servers.

        docs: Gateway Events › Ready, Guild Create.
        """
        session = Session(secrets.token_hex(16), user.id, user.bot, intents, shard)
        self._attach(session, connection)
        self.sessions[session.id] = session
        guilds = [g for g in self.world.guilds_of(user.id) if session.has_server(g.id)]
        ready = ready_payload(self.world, session, guilds, self._address.gateway)
        self.send(session, "READY", ready)
        everyone = bool(intents & Intent.GUILD_MEMBERS)
        available = [guild for guild in guilds if self.outages.is_available(session, guild.id)]
        for guild in available if intents & Intent.GUILDS else ():
            created = payloads.guild_create(self.world, guild, user.id, all_members=everyone)
            self.send(session, "GUILD_CREATE", created)
        session.is_announced = True
        self._notify_change()

    def resume_session(self, connection: Connection, session: Session, sequence: int) -> None:
        """Resume a session on a new connection; an old one that is still open is closed."""
        before = session.connection
        self._attach(session, connection)
        if before is not None:
            before.session = None
            before.close(4000)
        session.resume_after(sequence, connection)
        self._notify_change()

    def _attach(self, session: Session, connection: Connection) -> None:
        connection.session = session
        session.connection = connection
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        if session.is_bot:
            connection.step = self._on_step

    def end_session(self, session: Session) -> None:
        """End a session: it can't be resumed and gets no more events."""
        self.sessions.pop(session.id, None)
        if session.expiry is not None:
            session.expiry.cancel()
        held = self._held.pop(session.id, None)
        if held is not None:
            held[2].cancel()

    # Sending events ---------------------------------------------------------------------------

    def send(self, session: Session, name: str, data: dict[str, Any]) -> None:
        """Dispatch an event to one session, past injected faults."""
        session.dispatch(name, orjson.dumps(data))

    def deliver(self, session: Session, name: str, data: dict[str, Any]) -> None:
        """Dispatch an event that one session requested; injected faults apply to it."""
        if session.is_bot:
            self._deliver(session, name, orjson.dumps(data))
        else:
            self.send(session, name, data)

    def on_event(self, event: Event) -> None:
        """Render an event and send it to every session that subscribed to it and may see it."""
        if self.sessions:
            self.publish(payloads.render(event, self.world))

    def publish(self, dispatch: Dispatch) -> None:
        """Send a dispatch to every session that subscribed to it and may see it."""
        whole: bytes | None = None
        for session in self.sessions.values():
            if not self._is_recipient(session, dispatch):
                continue
            if dispatch.name in _WITH_CONTENT and self._is_withheld(session, dispatch.data):
                data = orjson.dumps(strip_content(dispatch.data, session.user_id))
            elif dispatch.name == _BLOCKED and not self._reads_content(session):
                data = orjson.dumps({**dispatch.data, "content": "", "matched_content": ""})
            else:
                if whole is None:
                    whole = orjson.dumps(dispatch.data)
                data = whole
            if session.is_bot:
                self._deliver(session, dispatch.name, data)
            else:
                session.dispatch(dispatch.name, data)

    def _is_recipient(self, session: Session, dispatch: Dispatch) -> bool:
        user_id = session.user_id
        if dispatch.user_id is not None and dispatch.user_id != user_id:
            return False
        if not is_subscribed(session.intents, dispatch, user_id):
            return False
        if not session.has_server(dispatch.guild_id):
            return False
        if not self.outages.is_available(session, dispatch.guild_id):
            return False
        if dispatch.user_id is not None:
            return True
        if dispatch.guild_id is not None and self.world.member(dispatch.guild_id, user_id) is None:
            return False
        if dispatch.permission and not dispatch.permission & self.world.guild_permissions(
            user_id, dispatch.guild_id or 0
        ):
            return False
        if dispatch.channel_id is None or dispatch.name in _SEEN_BY_ALL:
            return True
        place = dispatch.channel_id
        if place not in self.world.channels:  # a thread that was just deleted
            place = int(dispatch.data.get("parent_id") or 0)
        return self.world.can_view(user_id, place)

    def _reads_content(self, session: Session) -> bool:
        """Whether a session gets the content of all messages."""
        flags = self.application_flags(session.user_id)
        enabled = session.intents & Intent.MESSAGE_CONTENT and flags & (1 << 18 | 1 << 19)
        return not session.is_bot or bool(enabled)

    def _is_withheld(self, session: Session, message: dict[str, Any]) -> bool:
        if self._reads_content(session):
            return False
        return (
            is_content_withheld(message, session.user_id)
            or message.get("referenced_message") is not None
        )

    # Faults -----------------------------------------------------------------------------------

    def _deliver(self, session: Session, name: str, data: bytes) -> None:
        fault = self._faults.on_event(name)
        if fault == "reorder" and session.id not in self._held:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(_HELD_FOR, self.release, session)
            self._held[session.id] = (name, data, timer)
            return
        session.dispatch(name, data)
        if fault == "duplicate":
            session.dispatch(name, data, injected=True)
        self.release(session)

    def release(self, session: Session) -> None:
        """Dispatch the event that a ``reorder`` fault holds back, if there is one."""
        held = self._held.pop(session.id, None)
        if held is not None:
            held[2].cancel()
            session.dispatch(held[0], held[1], injected=True)

    def close_bots(self, code: int | None) -> int:
        """Close the bot's connections with a code, or cut them for None; how many there were.

        If there are none, the next identify is answered with the code.
        """
        bots = [c for c in self.connections if c.session is not None and c.session.is_bot]
        found = [connection for connection in bots if connection.is_open]
        for connection in found:
            if code is None:
                connection.cut()
                continue
            self.drop_by_code(connection, code)
            connection.close(code)
        if not found and code is not None:
            self._armed.append(code)
        return len(found)

    def silence_bots(self) -> int:
        """Stop sending on the bot's connections without closing them; how many there were."""
        found = [c for c in self.connections if c.session is not None and c.session.is_bot]
        for connection in found:
            connection.fall_silent()
        return len(found)

    def take_armed_close(self) -> int | None:
        """The close code that a fault set for the next identify, which uses it up."""
        return self._armed.pop(0) if self._armed else None

    def disarm(self) -> None:
        """Cancel pending faults: close codes for an identify, outages, held-back events."""
        self._armed.clear()
        self.outages.end()
        for session in list(self.sessions.values()):
            self.release(session)

    def invalidate_bots(self, *, resumable: bool) -> int:
        """Send the bot opcode 9; unless ``resumable``, end its sessions, connected or not."""
        count = 0
        for session in [s for s in self.sessions.values() if s.is_bot]:
            if not resumable:
                self.end_session(session)
            if session.connection is not None:
                count += 1
                self._inject(session.connection, {"op": 9, "d": resumable})
                if not resumable:
                    session.connection.session = None
                    session.connection = None
        self._notify_change()
        return count

    def reconnect_bots(self) -> int:
        """Send the bot opcode 7. docs: Gateway Events › Reconnect."""
        found = list(self.bot_sessions())
        for session in found:
            if session.connection is not None:
                self._inject(session.connection, {"op": 7, "d": None})
        return len(found)

    def inject_event(self, name: str, data: dict[str, Any]) -> int:
        """Dispatch a made-up event to the bot: an unknown one, or one with a field missing."""
        found = list(self.bot_sessions())
        for session in found:
            session.dispatch(name, orjson.dumps(data), injected=True)
        return len(found)

    def _inject(self, connection: Connection, payload: dict[str, Any]) -> None:
        data = orjson.dumps({"t": None, "s": None, **payload})
        connection.push(Frame(data, injected=True))
