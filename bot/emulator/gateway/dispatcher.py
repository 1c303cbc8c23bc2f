"""The hub: every gateway session, and who of them is told what.

docs: Gateway › Connection Lifecycle, Gateway Intents, Sharding, Session Start Limit.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import orjson

from bot.emulator import payloads
from bot.emulator.faults.steps import Steps
from bot.emulator.gateway.intents import Intent, is_content_withheld, wanted, without_content
from bot.emulator.gateway.outages import Outages
from bot.emulator.gateway.ready import hello, ready, scrubbed
from bot.emulator.gateway.sessions import Connection, Frame, Session
from bot.emulator.world.events import Event

if TYPE_CHECKING:
    from bot.emulator.server import Emulator
    from bot.emulator.world.models import User
    from bot.emulator.world.world import World

__all__ = ["GatewayHub"]

_RESUMABLE_FOR = 300.0
"""Seconds that a session outlives its connection; Discord names no number."""
_IDENTIFY_EVERY = 5.0
_HELD_FOR = 2.0
_ENDING_CODES = {1000, 1001, 4004, 4007, 4009, 4010, 4011, 4012, 4013, 4014}
"""Close codes after which a session cannot be resumed.

docs: Gateway › Disconnecting (1000, 1001); Opcodes and Status Codes › Gateway Close Event Codes.
"""
_SEEN_BY_ALL = {"CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"}
_WITH_CONTENT = {"MESSAGE_CREATE", "MESSAGE_UPDATE"}


class GatewayHub:
    """Open between ``open`` and ``close``.

    ``heartbeat_interval`` is in seconds; ``steps`` counts what bots are sent and what they call.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self.heartbeat_interval = 41.25
        self.steps = Steps(lambda: emulator.on_step)
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        self._identified_at: dict[int, float] = {}
        self._armed: list[int] = []
        self._held: dict[str, tuple[str, bytes, asyncio.TimerHandle]] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self.outages = Outages(self)

    @property
    def world(self) -> World:
        """The world that is told of."""
        return self._emulator.world

    def open(self) -> None:
        """Begin to listen to the world."""
        self.world.listeners.append(self.hear)

    async def close(self) -> None:
        """Stop listening and close every socket, as a gateway that goes away (1001)."""
        if self.hear in self.world.listeners:
            self.world.listeners.remove(self.hear)
        for session in list(self.sessions.values()):
            self.forget(session)
        for connection in list(self.connections):
            connection.close(1001)
        self._changed()

    # Who is there -----------------------------------------------------------------------------

    def bot_sessions(self) -> Iterator[Session]:
        """The bot's sessions that are announced and connected, the newest last."""
        for session in self.sessions.values():
            connection = session.connection
            if session.is_bot and session.is_announced and connection and connection.is_open:
                yield session

    def next_change(self) -> asyncio.Future[None]:
        """Done when a session next begins, is resumed or loses its connection."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    async def bot_ready(self) -> Session:
        """The bot's newest connected session, as soon as there is one."""
        while True:
            found = list(self.bot_sessions())
            if found:
                return found[-1]
            await self.next_change()

    def _changed(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    # Connections ------------------------------------------------------------------------------

    def welcome(self, connection: Connection) -> None:
        """A client has connected; whether it is a bot shows when it identifies."""
        self.connections.append(connection)

    def hello(self) -> Frame:
        """The greeting of every connection."""
        return hello(self.heartbeat_interval)

    def note_sent(self, connection: Connection, raw: bytes) -> None:
        """Write down what a client sent, without its token; members are not written down.

        Whether a connection is a bot's shows only when a token comes.
        """
        if connection.is_undecided:
            user = self._sender(raw)
            recorder = self._emulator.recorder
            if recorder is None or (user is not None and not user.bot):
                connection.record(None)
            elif user is not None:
                connection.record(recorder.connection(connection.address))
        connection.note_sent(scrubbed(raw))

    def _sender(self, raw: bytes) -> User | None:
        try:
            token = orjson.loads(raw)["d"]["token"]
        except (ValueError, KeyError, TypeError):
            return None
        return self.world.user_by_token(token) if isinstance(token, str) else None

    def leave(self, connection: Connection, code: int | None) -> None:
        """A socket has ended; its session waits to be resumed unless the code ended it too."""
        if connection in self.connections:
            self.connections.remove(connection)
        session = connection.session
        if session is None or session.connection is not connection:
            return
        session.connection = None
        if code in _ENDING_CODES:
            self.forget(session)
        elif session.id in self.sessions:
            loop = asyncio.get_running_loop()
            session.forgotten = loop.call_later(_RESUMABLE_FOR, self.forget, session)
        self._changed()

    def drop_by_code(self, connection: Connection, code: int) -> None:
        """Forget a connection's session before a close code that forbids to resume it."""
        if code in _ENDING_CODES and connection.session is not None:
            self.forget(connection.session)

    # Sessions ---------------------------------------------------------------------------------

    def application_flags(self, bot_id: int) -> int:
        """The flags of a bot's application, which say what it may ask for."""
        application = self.world.application_of(bot_id)
        return application.flags if application is not None else 0

    def may_identify(self, user: User) -> bool:
        """docs: Gateway › Sharding, Max Concurrency (one identify in 5 seconds, of any shard)."""
        if not user.bot or not self._emulator.rates:
            return True
        now = asyncio.get_running_loop().time()
        last = self._identified_at.get(user.id)
        if last is not None and now - last < _IDENTIFY_EVERY:
            return False
        self._identified_at[user.id] = now
        return True

    def refuse_session(self, connection: Connection, *, resumable: bool = False) -> None:
        """docs: Gateway Events › Invalid Session."""
        connection.push(Frame(orjson.dumps({"t": None, "s": None, "op": 9, "d": resumable})))

    def begin(
        self,
        connection: Connection,
        user: User,
        intents: int,
        shard: tuple[int, int] | None,
    ) -> None:
        """A new session: READY, then each of its servers.

        docs: Gateway Events › Ready, Guild Create.
        """
        session = Session(secrets.token_hex(16), user.id, user.bot, intents, shard)
        self._attach(session, connection)
        self.sessions[session.id] = session
        guilds = [g for g in self.world.guilds_of(user.id) if _on_shard(session, g.id)]
        greeting = ready(self.world, session, guilds, self._emulator.gateway)
        self.tell(session, "READY", greeting)
        everyone = bool(intents & Intent.GUILD_MEMBERS)
        there = [guild for guild in guilds if self.outages.reaches(session, guild.id)]
        for guild in there if intents & Intent.GUILDS else ():
            created = payloads.guild_create(self.world, guild, user.id, all_members=everyone)
            self.tell(session, "GUILD_CREATE", created)
        session.is_announced = True
        self._changed()

    def resume(self, connection: Connection, session: Session, sequence: int) -> None:
        """Go on with a session on a new socket; an old one that is still open is closed."""
        before = session.connection
        self._attach(session, connection)
        if before is not None:
            before.session = None
            before.close(4000)
        session.resume_after(sequence, connection)
        self._changed()

    def _attach(self, session: Session, connection: Connection) -> None:
        connection.session = session
        session.connection = connection
        if session.forgotten is not None:
            session.forgotten.cancel()
            session.forgotten = None
        if session.is_bot:
            connection.step = self._step

    async def _step(self, moment: Literal["before", "after"], event: str) -> None:
        await self.steps.take("event", moment, event)

    def forget(self, session: Session) -> None:
        """End a session for good: it cannot be resumed and hears nothing more."""
        self.sessions.pop(session.id, None)
        if session.forgotten is not None:
            session.forgotten.cancel()
        held = self._held.pop(session.id, None)
        if held is not None:
            held[2].cancel()

    # Telling ----------------------------------------------------------------------------------

    def tell(self, session: Session, name: str, data: dict[str, Any]) -> None:
        """Dispatch to one session what concerns it alone."""
        session.dispatch(name, orjson.dumps(data))

    def deliver(self, session: Session, name: str, data: dict[str, Any]) -> None:
        """Dispatch what one session asked for; it is struck by faults as what is told to all."""
        if session.is_bot:
            self._deliver(session, name, orjson.dumps(data))
        else:
            self.tell(session, name, data)

    def hear(self, event: Event) -> None:
        """Tell an event to every session that asked for it and may know it."""
        whole: bytes | None = None
        for session in self.sessions.values():
            if not self._may_hear(session, event):
                continue
            if event.name in _WITH_CONTENT and self._is_withheld(session, event.data):
                data = orjson.dumps(without_content(event.data, session.user_id))
            else:
                if whole is None:
                    whole = orjson.dumps(event.data)
                data = whole
            if session.is_bot:
                self._deliver(session, event.name, data)
            else:
                session.dispatch(event.name, data)

    def _may_hear(self, session: Session, event: Event) -> bool:
        user_id = session.user_id
        if event.user_id is not None and event.user_id != user_id:
            return False
        if not wanted(session.intents, event, user_id):
            return False
        if not _on_shard(session, event.guild_id):
            return False
        if not self.outages.reaches(session, event.guild_id):
            return False
        if event.user_id is not None:
            return True
        if event.guild_id is not None and self.world.member(event.guild_id, user_id) is None:
            return False
        if event.channel_id is None or event.name in _SEEN_BY_ALL:
            return True
        place = event.channel_id
        if place not in self.world.channels:  # a thread that was just deleted
            place = int(event.data.get("parent_id") or 0)
        return self.world.may_view(user_id, place)

    def _is_withheld(self, session: Session, message: dict[str, Any]) -> bool:
        if not session.is_bot:
            return False
        flags = self.application_flags(session.user_id)
        if session.intents & Intent.MESSAGE_CONTENT and flags & (1 << 18 | 1 << 19):
            return False
        return (
            is_content_withheld(message, session.user_id)
            or message.get("referenced_message") is not None
        )

    # Faults -----------------------------------------------------------------------------------

    def _deliver(self, session: Session, name: str, data: bytes) -> None:
        faults = self._emulator.faults
        fault = faults.on_event(name) if faults is not None else None
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
        """Dispatch an event that a fault holds back."""
        held = self._held.pop(session.id, None)
        if held is not None:
            held[2].cancel()
            session.dispatch(held[0], held[1], injected=True)

    def close_bots(self, code: int | None) -> int:
        """Close the bot's connections with a code, cut them for None; how many there were.

        With none there, the next identify is answered with the code.
        """
        found = [c for c in self.connections if c.session is not None and c.session.is_bot]
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
        """Let the bot's connections send nothing any more, though they stay; how many."""
        found = [c for c in self.connections if c.session is not None and c.session.is_bot]
        for connection in found:
            connection.fall_silent()
        return len(found)

    def armed_close(self) -> int | None:
        """The close code that a fault keeps ready for the next identify."""
        return self._armed.pop(0) if self._armed else None

    def disarm(self) -> None:
        """Take back what faults keep ready or hold back."""
        self._armed.clear()
        self.outages.end()
        for session in list(self.sessions.values()):
            self.release(session)

    def invalidate_bots(self, *, resumable: bool) -> int:
        """Send the bot opcode 9; unless ``resumable``, its sessions are lost, away or not."""
        struck = 0
        for session in [s for s in self.sessions.values() if s.is_bot]:
            if not resumable:
                self.forget(session)
            if session.connection is not None:
                struck += 1
                self._inject(session.connection, {"op": 9, "d": resumable})
                if not resumable:
                    session.connection.session = None
                    session.connection = None
        self._changed()
        return struck

    def reconnect_bots(self) -> int:
        """Send the bot opcode 7. docs: Gateway Events › Reconnect."""
        found = list(self.bot_sessions())
        for session in found:
            if session.connection is not None:
                self._inject(session.connection, {"op": 7, "d": None})
        return len(found)

    def inject_event(self, name: str, data: dict[str, Any]) -> int:
        """Dispatch to the bot what nobody did: an unknown event, or one with a field missing."""
        found = list(self.bot_sessions())
        for session in found:
            session.dispatch(name, orjson.dumps(data), injected=True)
        return len(found)

    def _inject(self, connection: Connection, payload: dict[str, Any]) -> None:
        data = orjson.dumps({"t": None, "s": None, **payload})
        connection.push(Frame(data, injected=True))


def _on_shard(session: Session, guild_id: int | None) -> bool:
    """docs: Gateway › Sharding (``(guild_id >> 22) % num_shards``; the first has the rest)."""
    if session.shard is None:
        return True
    number, count = session.shard
    return (guild_id >> 22) % count == number if guild_id is not None else number == 0
