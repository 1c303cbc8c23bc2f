"""The discord.py client: extensions, connection state, and the bot's own background tasks."""

from __future__ import annotations

import asyncio
import gc
import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket

from bot.app.background_tasks import BackgroundTasks
from bot.app.command_sync import sync_commands
from bot.app.health import Connection
from bot.app.watchdog import SILENCE_TIMEOUT, Watchdog
from bot.app.wiring import Options, build_services
from bot.clock import Clock
from bot.core.text.translate import ENGLISH, find_language, use_language
from bot.discord_api.command_permissions import CommandPermissions
from bot.discord_api.command_translations import CommandTranslator
from bot.discord_api.commands import CommandSet, describe_commands
from bot.discord_api.connection import get_intents
from bot.discord_api.permissions import CachedPermissions
from bot.ingest.gateway_events import GatewayEvents
from cogs.events.joined_servers import record_joined_servers
from cogs.ui.bot import SalonBot
from cogs.ui.deadline import begin_interaction
from cogs.ui.errors import report_error
from cogs.ui.forms import Forms
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


class Salon(SalonBot, CachedPermissions):
    """The bot, for one connection; the supervisor makes a new one after a failure."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        options: Options | None = None,
        *,
        on_connection: Callable[[], None] = lambda: None,
        silence_timeout: float = SILENCE_TIMEOUT,
    ) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=get_intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self._handle_interactions_in_users_language()
        self.own_id = 0
        #: Set when the client ends itself, so that a new one is started.
        self.over = asyncio.Event()
        self.services = build_services(
            database,
            clock,
            options or Options(),
            http=self.http,
            permissions=self,
            command_permissions=CommandPermissions(
                self.http, lambda: self.application_id or 0, lambda: self.tree
            ),
            get_server=self.get_guild,
            is_connected=lambda: not self._is_disconnected,
            has_caught_up=self._has_caught_up,
        )
        GatewayEvents(
            recorder=self.services.recorder,
            clock=clock,
            get_server=self.get_guild,
            own_id=lambda: self.own_id,
        ).replace_parsers(self._connection.parsers)
        self.forms = Forms(self.services)
        self._on_connection = on_connection
        self._tasks = BackgroundTasks(on_failure=self._end)
        self._watchdog = Watchdog(lambda: self.latency, self._end_after_silence, silence_timeout)
        self._ending: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._is_disconnected = False
        self._losses: list[float] = []
        self._ready_generation: int | None = None
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
        self._tasks.start(self._watchdog.run(), name="watchdog")
        await self.load_cogs()
        await sync_commands(
            self.tree,
            self.application_id,
            self.services.database,
            self.services.clock,
            self.services.commands,
        )

    async def load_cogs(self) -> None:
        """Load every cog, and with it its commands; needs no connection."""
        await self.tree.set_translator(CommandTranslator())
        await self.add_cog(self.forms)
        for extension in EXTENSIONS:
            await self.load_extension(extension)

    async def on_connect(self) -> None:
        """A new session, of which the recorder knows already."""
        self._is_disconnected = False
        self._losses.clear()
        self.services.command_permissions.forget()
        if not self._tasks.has("scheduler"):
            self._tasks.start(self.services.scheduler.run(), name="scheduler")

    async def on_disconnect(self) -> None:
        """The connection was lost; discord.py reconnects, in one case for ever without success.

        Cut between its identify and the answer, it tries to resume a session it never had, without
        waiting. Too many losses with no session between them end the client, and a new one is
        started.
        """
        self._is_disconnected = True  # whether a discussion is active isn't known for now
        now = asyncio.get_running_loop().time()
        self._losses = [at for at in self._losses if now - at < _LOSS_PERIOD] + [now]
        if len(self._losses) > _MAX_LOSSES and not self.over.is_set():
            _log.warning("The connection keeps failing; starting a new one.")
            self._end()

    async def on_ready(self) -> None:
        """All servers are known."""
        self._ready_generation = self.services.recorder.generation
        if self._ready_generation > 1:
            # The library's objects of the session before are in reference cycles, a hundred
            # megabytes for a large bot, and would stay until the next full collection.
            gc.collect()
        self._on_connection()
        self.services.scheduler.wake()
        _log.info("Connected. Servers: %d.", len(self.guilds))
        with self.services.active_work.track():
            services = self.services
            await record_joined_servers(services, self.guilds)
            editing = services.editing.resume_submission
            await retry_until_available(lambda: services.publishing.resume_submissions(editing))

    async def on_resumed(self) -> None:
        """The session continues; events of the meantime have been replayed."""
        self._is_disconnected = False
        self._losses.clear()
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

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log a bug in an event handler; the bot continues."""
        del args, kwargs
        _log.exception("Unexpected error in the event handler %s.", event_method)

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Dispatch an event to its handlers, unless the bot is stopping."""
        if event_name == _ANY_EVENT:
            self._watchdog.reset()
        elif not self._is_stopping:
            self._announce_every_server(event_name, *args)
            super().dispatch(event_name, *args, **kwargs)

    def _announce_every_server(self, event_name: str, *args: Any) -> None:
        """Before ``ready``, dispatch ``guild_available`` for servers that discord.py left out.

        It waits a while for the next server, and forgets one that arrives at the moment in which
        it gives up (discord.py: ConnectionState._delay_ready).
        """
        if event_name == "connect":
            self._announced_servers.clear()
        elif event_name in ("guild_available", "guild_join"):
            self._announced_servers.add(args[0].id)
        elif event_name == "ready":
            for server in self.guilds:
                if not server.unavailable and server.id not in self._announced_servers:
                    self.dispatch("guild_available", server)

    async def close(self) -> None:
        """Stop all work; it continues at the next start."""
        self._is_stopping = True
        await self.services.active_work.stop()
        await self._tasks.stop()
        await self._cancel_handlers()
        await self.services.delivery.stop()
        await super().close()

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

    def _end_after_silence(self) -> None:
        _log.warning("Discord has sent nothing for minutes; starting a new connection.")
        self._end()

    def get_failure(self) -> BaseException | None:
        """The exception that ended one of the bot's own tasks, if one ended."""
        return self._tasks.get_failure()

    # -- connection state -------------------------------------------------------------------

    def _has_caught_up(self) -> bool:
        """Whether everything missed has been read, in every server that can be seen."""
        catch_up, generation = self.services.catch_up, self.services.recorder.generation
        if not generation or self._is_disconnected:
            return False
        # A server that Discord itself can't reach is not waited for once all others are ready.
        everywhere = all(catch_up.has_caught_up(server.id) for server in self.guilds)
        return everywhere or (self._ready_generation == generation and catch_up.idle)

    def get_connection(self) -> Connection:
        """The state of the connection, for health checks and metrics."""
        recorder = self.services.recorder
        is_ready = self._ready_generation == recorder.generation and not self._is_disconnected
        return Connection(
            connected=is_ready and not self.is_closed(),
            latency=self.latency if math.isfinite(self.latency) else None,
            servers=len(self.guilds),
            recorded=recorder.committed,
            queued=recorder.queued,
        )

    def has_received(self, sequence: int | None) -> bool:
        """Whether the current session has received the events up to ``sequence``."""
        if sequence is None:
            return True
        socket: DiscordWebSocket | None = self.ws
        return socket is not None and socket.sequence is not None and socket.sequence >= sequence


async def load_command_set() -> CommandSet:
    """The commands of this version, for the command line's doctor; nothing is connected."""
    salon = Salon(Database(Path(), None, []), Clock())
    await salon.load_cogs()
    try:
        return await describe_commands(salon.tree)
    finally:
        await salon.close()
