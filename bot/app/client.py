"""The discord.py client: extensions, connection state, and the bot's own background tasks."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket

from bot.app.background_tasks import BackgroundTasks
from bot.app.command_sync import sync_commands
from bot.app.connection_state import Connection, ShardHealth
from bot.app.gateway_socket import use_gateway_socket
from bot.app.watchdog import SILENCE_TIMEOUT, wait_for_silence
from bot.app.wiring import Options, build_services
from bot.clock import Clock
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.translate import ENGLISH, find_language, use_language
from bot.discord_api.call_budget import CallBudget
from bot.discord_api.command_permissions import CommandPermissions
from bot.discord_api.command_translations import CommandTranslator
from bot.discord_api.commands import CommandSet, describe_commands
from bot.discord_api.connection import get_intents
from bot.discord_api.permissions import CachedPermissions
from bot.discord_api.rate_limit import clear_buckets_rarely
from bot.discord_api.server_cache import compact_server
from bot.ingest.gateway_events import GatewayEvents
from cogs.events.joined_servers import record_joined_servers
from cogs.ui.deadline import begin_interaction
from cogs.ui.errors import report_error
from cogs.ui.forms import Forms
from cogs.ui.salon_bot import SalonBot
from storage.db.database import Database, retry_until_available

__all__ = ["EXTENSIONS", "Salon", "load_command_set"]

_log = logging.getLogger(__name__)

#: The cogs, in the order in which their commands are registered.
EXTENSIONS = (
    "cogs.events.gateway",
    "cogs.events.guilds",
    "cogs.essays.commands",
    "cogs.setup.panel",
    "cogs.members.moved_replies",
    "cogs.members.answers",
    "cogs.members.questions",
    "cogs.prompts.commands",
    "cogs.members.privacy",
    "cogs.library.search",
    "cogs.library.book",
    "cogs.library.threads",
    "cogs.library.news",
    "cogs.setup.doctor",
)

#: The client ends itself after more than this many lost connections within these seconds.
_MAX_LOSSES, _LOSS_PERIOD = 5, 10.0

#: How the names of discord.py's tasks begin in which our handlers run.
_HANDLER_TASK = "discord.py: "
#: What discord.py dispatches for every gateway event; nothing else asks for it.
_ANY_EVENT = "socket_event_type"


class Tree(app_commands.CommandTree["Salon"]):
    """The command tree: the deadline of commands, and the one place for their errors."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Runs before every command, in the same task."""
        begin_interaction(interaction)
        return True

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Report an error to the person who used the command; a bug as a reference to the log."""
        await report_error(interaction, error)


@dataclass(slots=True)
class _Session:
    """The gateway session of one shard, or the only one.

    ready_generation:  the recorder's generation when all its servers were known; None before
    """

    is_disconnected: bool = False
    ready_generation: int | None = None


class Salon(SalonBot, CachedPermissions):
    """The bot, for one connection; the supervisor makes a new one after a failure.

    shards:           those that this process serves
    call_budget:      of the process; without one, the client has its own
    silence_timeout:  seconds without anything received after which a connection is replaced
    library_options:  more options of discord.py's client
    """

    #: How the names of the library's events begin that report a connection's state.
    _session_event_prefix = ""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        options: Options | None = None,
        *,
        on_connection: Callable[[], None] = lambda: None,
        silence_timeout: float = SILENCE_TIMEOUT,
        shards: Shards = UNSHARDED,
        call_budget: CallBudget | None = None,
        library_options: Mapping[str, Any] | None = None,
    ) -> None:
        call_budget = call_budget or CallBudget()
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=get_intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            http_trace=call_budget.make_trace(),
            **(library_options or {}),
        )
        clear_buckets_rarely(self.http)
        self.shards_served = shards
        self._sessions = {shard_id: _Session() for shard_id in shards.ids}
        self._handle_interactions_in_users_language()
        self._keep_servers_small()
        self.own_id = 0
        #: Set when the client ends itself, so that a new one is started.
        self.over = asyncio.Event()
        self.services = build_services(
            database,
            clock,
            options or Options(),
            http=self.http,
            call_budget=call_budget,
            permissions=self,
            command_permissions=CommandPermissions(
                self.http, lambda: self.application_id or 0, lambda: self.tree
            ),
            get_server=self.get_guild,
            shards=shards,
            is_connected=lambda shard_id: not self._sessions[shard_id].is_disconnected,
            get_served_shards=self._get_served_shards,
            get_caught_up_shards=self._get_caught_up_shards,
        )
        GatewayEvents(
            recorder=self.services.recorder,
            clock=clock,
            get_server=self.get_guild,
            own_id=lambda: self.own_id,
            last_messages=self.services.catch_up.last_messages,
        ).replace_parsers(self._connection.parsers)
        use_gateway_socket()
        self.forms = Forms(self.services)
        self._on_connection = on_connection
        self._tasks = BackgroundTasks(on_failure=self._end)
        self._silence_timeout = silence_timeout
        self._ending: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._losses: list[float] = []
        self._announced_servers: set[int] = set()

    # -- life cycle -------------------------------------------------------------------------

    async def setup_hook(self) -> None:
        """After login, before the gateway: start the recorder, load cogs, register commands."""
        assert self.user is not None
        assert self.application_id is not None
        self.own_id = self.user.id
        await self.services.recorder.load_posted_channels()
        self._tasks.start(self.services.recorder.run(), name="recorder")
        self._tasks.start(self.services.catch_up.run(), name="catch-up")
        await self.load_cogs()
        await sync_commands(
            self.tree,
            self.application_id,
            self.services.database,
            self.services.clock,
            self.services.commands,
            # What concerns all servers is done by the process with shard 0.
            registers=0 in self.shards_served.ids,
        )
        self._start_watchdog()

    def _start_watchdog(self) -> None:
        self._tasks.start(self._end_after_silence(), name="watchdog")

    async def load_cogs(self) -> None:
        """Load every cog, and with it its commands; needs no connection."""
        await self.tree.set_translator(CommandTranslator())
        await self.add_cog(self.forms)
        for extension in EXTENSIONS:
            await self.load_extension(extension)

    async def on_connect(self) -> None:
        """A new session, of which the recorder knows already."""
        self._losses.clear()
        self._begin_session(0)

    def _begin_session(self, shard_id: int) -> None:
        self._sessions[shard_id].is_disconnected = False
        self.services.command_permissions.forget()
        if not self._tasks.has("scheduler"):
            self._tasks.start(self.services.scheduler.run(), name="scheduler")

    async def on_disconnect(self) -> None:
        """The connection was lost; discord.py reconnects, in one case for ever without success.

        Cut between its identify and the answer, it tries to resume a session it never had, without
        waiting. Too many losses with no session between them end the client, and a new one is
        started.
        """
        self._lose_session(0)
        now = asyncio.get_running_loop().time()
        self._losses = [at for at in self._losses if now - at < _LOSS_PERIOD] + [now]
        if len(self._losses) > _MAX_LOSSES and not self.over.is_set():
            _log.warning("The connection keeps failing; starting a new one.")
            self._end()

    def _lose_session(self, shard_id: int) -> None:
        # Whether a discussion is active there isn't known for now.
        self._sessions[shard_id].is_disconnected = True

    async def on_ready(self) -> None:
        """All servers are known."""
        await self._welcome_servers(0)

    async def _welcome_servers(self, shard_id: int) -> None:
        """All servers of a shard are known: work there can begin."""
        session, services = self._sessions[shard_id], self.services
        was_ready = session.ready_generation is not None
        session.ready_generation = services.recorder.get_shard_generation(shard_id)
        if was_ready:
            # The library's objects of the session before are in reference cycles, a hundred
            # megabytes for a large bot, and would stay until the next full collection.
            gc.collect()
        self._on_connection()
        services.scheduler.wake()
        servers = self._get_servers(shard_id)
        if len(self._sessions) > 1:
            _log.info("Shard %d is connected. Servers: %d.", shard_id, len(servers))
        is_first = not was_ready or len(self._sessions) == 1
        if is_first and self._get_served_shards() == self.shards_served:
            _log.info("Connected. Servers: %d.", len(self.guilds))
        with services.active_work.track():
            shard = self.shards_served.select((shard_id,))
            await record_joined_servers(services, servers, shard)
            editing = services.editing.resume_submission
            await retry_until_available(
                lambda: services.publishing.resume_submissions(editing, shard)
            )

    async def on_resumed(self) -> None:
        """The session continues; events of the meantime have been replayed."""
        self._losses.clear()
        self._resume_session(0)

    def _resume_session(self, shard_id: int) -> None:
        self._sessions[shard_id].is_disconnected = False
        self.services.scheduler.wake()

    def _handle_interactions_in_users_language(self) -> None:
        """Make the language of the person who used a command, button or form the current one.

        Every interaction, whatever its type, enters the library here (discord.py: ConnectionState),
        and all its handlers run in tasks that are started here and inherit the language.
        """
        parsers = self._connection.parsers
        parse_interaction = parsers["INTERACTION_CREATE"]

        def parse_in_users_language(data: Mapping[str, Any]) -> None:
            locale = data.get("locale")  # docs: Receiving and Responding › Interaction Structure
            with use_language(find_language(locale) or ENGLISH):
                parse_interaction(data)

        parsers["INTERACTION_CREATE"] = parse_in_users_language

    def _keep_servers_small(self) -> None:
        """Compact each server when the library has read it."""
        parsers = self._connection.parsers
        parse_server = parsers["GUILD_CREATE"]

        def parse_and_compact(data: Mapping[str, Any]) -> None:
            parse_server(data)
            server = self.get_guild(int(data["id"]))
            if server is not None:
                compact_server(server)

        parsers["GUILD_CREATE"] = parse_and_compact

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log a bug in an event handler; the bot continues."""
        del args, kwargs
        _log.exception("Unexpected error in the event handler %s.", event_method)

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Dispatch an event to its handlers, unless the bot is stopping."""
        if event_name != _ANY_EVENT and not self._is_stopping:
            self._announce_every_server(event_name, *args)
            super().dispatch(event_name, *args, **kwargs)

    def _announce_every_server(self, event_name: str, *args: Any) -> None:
        """Before ``ready``, dispatch ``guild_available`` for servers that discord.py left out.

        It waits a while for the next server, and forgets one that arrives at the moment in which
        it gives up (discord.py: ConnectionState._delay_ready).
        """
        if event_name in ("guild_available", "guild_join"):
            self._announced_servers.add(args[0].id)
            return
        shard_id = args[0] if self._session_event_prefix and args else 0
        if event_name == f"{self._session_event_prefix}connect":
            self._announced_servers -= {
                one
                for one in self._announced_servers
                if self.shards_served.get_shard(one) == shard_id
            }
        elif event_name == f"{self._session_event_prefix}ready":
            for server in self._get_servers(shard_id):
                if not server.unavailable and server.id not in self._announced_servers:
                    self.dispatch("guild_available", server)

    async def close(self) -> None:
        """Stop all work; it continues at the next start."""
        self._is_stopping = True
        await self.services.active_work.stop()
        await self._tasks.stop("scheduler")
        await self.services.delivery.stop()  # its jobs need the recorder to end
        await self._tasks.stop()
        await self._cancel_handlers()
        await self._close_connections()
        await super().close()

    async def _close_connections(self) -> None:
        """Close what the library's own ``close`` doesn't: nothing, with one connection."""

    async def _cancel_handlers(self) -> None:
        """Cancel discord.py's tasks that run our handlers: the database is about to close."""
        handlers = [
            task
            for task in asyncio.all_tasks()
            if task.get_name().startswith(_HANDLER_TASK) and task is not asyncio.current_task()
        ]
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)

    def _end(self) -> None:
        """End the client, for instance because one of its tasks ended; a new one is started."""
        if self._ending is None:
            self.over.set()
            self._ending = asyncio.create_task(self.close(), name="end")

    async def _end_after_silence(self) -> None:
        await wait_for_silence(lambda: self._get_socket(0), self._silence_timeout)
        _log.warning("Discord has sent nothing for minutes; starting a new connection.")
        self._end()

    def get_failure(self) -> BaseException | None:
        """The exception that ended one of the bot's own tasks, if one ended."""
        return self._tasks.get_failure()

    # -- connection state -------------------------------------------------------------------

    def _get_socket(self, shard_id: int) -> DiscordWebSocket | None:
        """The newest connection of a shard."""
        del shard_id
        return self.ws

    def _get_servers(self, shard_id: int) -> list[discord.Guild]:
        get_shard = self.shards_served.get_shard
        return [server for server in self.guilds if get_shard(server.id) == shard_id]

    def _get_served_shards(self) -> Shards:
        """Those whose servers are known by now, so that work there can be done."""
        return self.shards_served

    def _get_caught_up_shards(self) -> Shards:
        """Those in which everything missed has been read, in every server that can be seen."""
        catch_up, behind = self.services.catch_up, dict[int, bool]()
        servers = {server.id: server for server in self.guilds}
        for server_id in catch_up.select_behind(servers):
            shard_id = self.shards_served.get_shard(server_id)
            behind[shard_id] = behind.get(shard_id, False) or not servers[server_id].unavailable
        return self.shards_served.select(
            shard_id for shard_id in self._sessions if self._has_caught_up(shard_id, behind)
        )

    def _has_caught_up(self, shard_id: int, behind: Mapping[int, bool]) -> bool:
        """``behind``: the shards with servers that haven't; whether one of them can be reached."""
        session = self._sessions[shard_id]
        generation = self.services.recorder.get_shard_generation(shard_id)
        if generation <= 0 or session.is_disconnected:
            return False
        if shard_id not in behind:
            return True
        # A server that Discord itself can't reach is not waited for once all others are ready.
        is_ready = session.ready_generation == generation
        return is_ready and (not behind[shard_id] or self.services.catch_up.idle)

    def get_latency(self, shard_id: int) -> float:
        """Seconds between a shard's heartbeat and its acknowledgement; nan if unknown."""
        socket = self._get_socket(shard_id)
        return math.nan if socket is None else socket.latency

    def get_connection(self) -> Connection:
        """The state of the connections, for health checks and metrics."""
        recorder = self.services.recorder
        counts = Counter(self.shards_served.get_shard(server.id) for server in self.guilds)
        shards = {}
        for shard_id, session in sorted(self._sessions.items()):
            generation = recorder.get_shard_generation(shard_id)
            is_ready = session.ready_generation == generation and not session.is_disconnected
            latency = self.get_latency(shard_id)
            shards[shard_id] = ShardHealth(
                connected=is_ready and not self.is_closed(),
                latency=latency if math.isfinite(latency) else None,
                servers=counts[shard_id],
            )
        left = self.services.catch_up.progress
        return Connection(
            shards,
            recorded=recorder.committed,
            queued=recorder.queued,
            unread=left.unread,
            uncompared=left.uncompared,
        )

    def has_received(self, sequences: Mapping[int, int]) -> bool:
        """Whether each shard's current session has received the events up to its number."""
        return all(
            self._has_received(shard_id, sequence) for shard_id, sequence in sequences.items()
        )

    def _has_received(self, shard_id: int, sequence: int) -> bool:
        socket = self._get_socket(shard_id)
        return socket is not None and socket.sequence is not None and socket.sequence >= sequence


async def load_command_set() -> CommandSet:
    """The commands of this version, for the command line's doctor; nothing is connected."""
    salon = Salon(Database(Path(), None, []), Clock())
    await salon.load_cogs()
    try:
        return await describe_commands(salon.tree)
    finally:
        await salon.close()
