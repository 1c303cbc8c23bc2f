"""The discord.py bot: intents, cogs, its life, and what it sees and may do."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import json
import logging
import math
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.app.background import Tasks
from bot.app.health import Connection
from bot.app.watchdog import PATIENCE, Silence
from bot.clock import Clock
from bot.delivery import after_send
from bot.delivery.attachments import FileKeeper, Keeping
from bot.delivery.message_edits import Errands
from bot.delivery.messages import Outbox
from bot.delivery.scheduler import Sweep
from bot.discord_api.errors import TRANSIENT, get_error_name
from bot.discord_api.permissions import CachedPermissions
from bot.errors import UserError
from bot.ingest.catch_up import DEFAULT_COMPARE_WINDOW, CatchUp
from bot.ingest.recorder import Recorder
from bot.publishing.edit import Editing
from bot.publishing.fetch_page import Page, fetch
from bot.publishing.publish import Publishing
from bot.services import Services
from cogs.essays.commands import Essays
from cogs.events.gateway import Recording
from cogs.events.guilds import Arrivals
from cogs.members.moved_replies import Copies
from cogs.members.privacy import Privacy
from cogs.prompts.commands import Prompts
from cogs.setup.doctor import Doctor
from cogs.setup.panel import Setup
from cogs.ui.errors import speak
from cogs.ui.forms import Forms
from storage.db.database import Database, until_usable
from storage.servers import command_sync as command_syncs

__all__ = ["Salon", "intents", "point_elsewhere"]

_log = logging.getLogger(__name__)

#: Losses of the connection within these seconds after which it is made anew.
_MOST_LOSSES, _LOSSES_WITHIN = 5, 10.0

#: How the names of the library's tasks begin in which our handlers run.
_HANDLER = "discord.py: "
#: What the library says of every event of the gateway; nobody else asks for it.
_EVENT_CAME = "socket_event_type"


def intents() -> discord.Intents:
    """The least that a record of discussions needs.

    Servers and their channels; messages and what they say (a privileged intent, to be enabled in
    the developer portal); reactions. No members, no presences.
    """
    return discord.Intents(
        guilds=True, guild_messages=True, guild_reactions=True, message_content=True
    )


def point_elsewhere(api_base: str | None, gateway_url: str | None) -> None:
    """Speak to another Discord than the real one, on loopback; before any client is made."""
    if api_base is not None:
        Route.BASE = api_base
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


class Tree(app_commands.CommandTree["Salon"]):
    """Commands, and what is said when one fails."""

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Say what went wrong, only to the one who asked; a bug is spoken of as a reference."""
        await speak(interaction, error)


class Salon(commands.Bot, CachedPermissions):
    """The bot. Everything it needs is made here or handed in; nothing is global."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        fetch_page: Callable[[str], Awaitable[Page]] = fetch,
        keeping: Keeping | None = None,
        compared: timedelta = DEFAULT_COMPARE_WINDOW,
        on_connection: Callable[[], None] = lambda: None,
        left_kept_for: timedelta = timedelta(days=30),
        patience: float = PATIENCE,
    ) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
        )
        self.own_id = 0
        self._on_connection = on_connection
        self._stopping = False
        self._tasks = Tasks(on_failure=self._end)
        #: Set where the bot has ended itself, for a fresh one to be started.
        self.over = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None
        self._losses: list[float] = []
        self._silence = Silence(lambda: self.latency, self._lose, patience)
        recorder = Recorder(
            database,
            clock,
            confirm_own_message=after_send.own_message,
            on_work=self._wake,
        )
        recovery = CatchUp(
            database=database,
            clock=clock,
            http=self.http,
            permissions=self,
            recorder=recorder,
            guild=self.get_guild,
            is_connected=lambda: not self._deaf,
            on_done=self._wake,
            compare_window=compared,
        )
        outbox = Outbox(
            database=database,
            clock=clock,
            http=self.http,
            permissions=self,
            recorder=recorder,
            on_change=self._wake,
            catch_up=recovery.catch_up_channel,
        )
        self._ready_generation: int | None = None
        self._told_of: set[int] = set()
        self._deaf = False
        self._errands = Errands(
            database=database,
            clock=clock,
            http=self.http,
            permissions=self,
            on_change=outbox.announce,
        )
        self._files = FileKeeper(
            database=database,
            clock=clock,
            http=self.http,
            keeping=keeping or Keeping(),
            on_change=self._wake,
        )
        self._sweep = Sweep(
            database=database,
            clock=clock,
            outbox=outbox,
            errands=self._errands,
            files=self._files,
            caught_up=self._caught_up,
            left_kept_for=left_kept_for,
        )
        publishing = Publishing(
            database=database,
            clock=clock,
            fetch=self._fetch,
            fetch_page=fetch_page,
            permissions=self,
            on_work=self._wake,
        )
        self.services = Services(
            database=database,
            clock=clock,
            permissions=self,
            recorder=recorder,
            outbox=outbox,
            catch_up=recovery,
            sweep=self._sweep,
            publishing=publishing,
            editing=Editing(
                database=database,
                clock=clock,
                publishing=publishing,
                permissions=self,
                on_work=self._wake,
            ),
        )
        self._recording = Recording(self.services)
        self._arrivals = Arrivals(self.services)

    # -- life -------------------------------------------------------------------------------

    async def setup_hook(self) -> None:
        """After login, before the gateway: cogs, commands, the record."""
        assert self.user is not None
        self.own_id = self.user.id
        self._tasks.start(self.services.recorder.run(), name="recorder")
        self._tasks.start(self.services.catch_up.run(), name="recovery")
        self._tasks.start(self._silence.run(), name="silence")
        await self.add_parts()
        await self._sync_commands()

    async def add_parts(self) -> None:
        """Have the cogs, and with them the commands, before any connection."""
        await self.add_cog(self._recording)
        await self.add_cog(self._arrivals)
        essays = Essays(self.services)
        await self.add_cog(essays)
        self.add_dynamic_items(essays.desk.button, essays.desk.tags, essays.edits.button)
        setup = Setup(self.services)
        await self.add_cog(setup)
        self.add_dynamic_items(setup.part)
        copies = Copies(self.services)
        await self.add_cog(copies)
        for menu in copies.menus:
            self.tree.add_command(menu)
        takers = {
            "copy": copies.take_correction,
            "publish": essays.take,
            "revision": essays.edits.take,
            "correction": essays.edits.take_corrections,
            "draft": essays.desk.take_corrections,
            "schedule": essays.desk.take_time,
            "setup": setup.take_time,
        }
        await self.add_cog(Forms(self.services, takers))
        await self.add_cog(Prompts(self.services))
        await self.add_cog(Privacy(self.services))
        await self.add_cog(Doctor(self.services))

    async def on_connect(self) -> None:
        """A fresh identify: whatever was said before it may have been missed."""
        self._deaf = False
        self._losses.clear()
        self.services.recorder.start_generation()
        if not self._tasks.has("sweep"):
            self._tasks.start(self._sweep.run(), name="sweep")

    async def on_disconnect(self) -> None:
        """The connection was lost; the library takes it up again, in one case for ever in vain.

        Cut between its identify and the answer, it tries to resume a session it never had, at
        full speed. Too many losses with no session between them end the client, and a fresh start
        is made.
        """
        self._deaf = True  # whether a talk is lively is not known for now
        now = asyncio.get_running_loop().time()
        self._losses = [at for at in self._losses if now - at < _LOSSES_WITHIN] + [now]
        if len(self._losses) > _MOST_LOSSES and not self.over.is_set():
            _log.warning("The connection is lost again and again; it is made anew.")
            self._end()

    async def on_ready(self) -> None:
        """The servers are known."""
        self._ready_generation = self.services.recorder.generation
        if self._ready_generation > 1:
            # What was known of the servers before is in circles that point at each other, of a
            # large bot a hundred megabytes, and would stay until somebody looks for such.
            gc.collect()
        self._on_connection()
        self._wake()
        _log.info("Salon is in %d server(s).", len(self.guilds))
        with self.services.active_work.track():
            services = self.services
            await self._arrivals.take_stock(self.guilds)
            editing = services.editing.take_up_again
            await until_usable(lambda: services.publishing.take_up_again(editing))

    async def on_resumed(self) -> None:
        """What was said meanwhile has been replayed."""
        self._deaf = False
        self._losses.clear()
        self._wake()

    async def on_message(self, message: discord.Message, /) -> None:
        """No message is a command: it goes straight to the record."""
        self._recording.message(message)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """A bug in a handler: logged, and the bot goes on."""
        del args, kwargs
        _log.exception("Unexpected in %s", event_method)

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Hand an event to its handlers, but none any more to a bot that is about to stop."""
        if event_name == _EVENT_CAME:
            self._silence.heard()
        elif not self._stopping:
            self._tell_of_every_server(event_name, *args)
            super().dispatch(event_name, *args, **kwargs)

    def _tell_of_every_server(self, event_name: str, *args: Any) -> None:
        """Tell of the servers, before the bot is ready, of which the library has not told.

        It waits for the next server for a while, and forgets one that comes in the very moment
        in which it gives up (discord.py: ConnectionState._delay_ready).
        """
        if event_name == "connect":
            self._told_of.clear()
        elif event_name in ("guild_available", "guild_join"):
            self._told_of.add(args[0].id)
        elif event_name == "ready":
            for server in self.guilds:
                if not server.unavailable and server.id not in self._told_of:
                    self.dispatch("guild_available", server)

    async def close(self) -> None:
        """Stop what is under way; all of it goes on at the next start."""
        self._stopping = True
        await self.services.active_work.stop()
        await self._tasks.stop()
        await self._stop_handlers()
        await self.services.outbox.stop()
        await self._errands.stop()
        await self._files.stop()
        await super().close()

    async def _stop_handlers(self) -> None:
        """Cancel the library's tasks that run our handlers: they would find the archive closed."""
        handlers = [
            task
            for task in asyncio.all_tasks()
            if task.get_name().startswith(_HANDLER) and task is not asyncio.current_task()
        ]
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)

    def _end(self) -> None:
        """One of the bot's own tasks ended: end, so that a fresh start can be made."""
        if self._ending is None:
            self.over.set()
            self._ending = asyncio.create_task(self.close(), name="end")

    def _lose(self) -> None:
        """Nothing is heard any more: end likewise."""
        _log.warning("Nothing was heard from Discord for minutes; the connection is made anew.")
        self._end()

    def failure(self) -> BaseException | None:
        """What ended one of the bot's own tasks, if one ended."""
        return self._tasks.failure()

    def _caught_up(self) -> bool:
        """Whether what was said unseen has been read, in every server that can be seen."""
        recovery, generation = self.services.catch_up, self.services.recorder.generation
        if not generation or self._deaf:
            return False
        # A server that Discord itself cannot reach is not waited for once it had its chance.
        everywhere = all(recovery.has_caught_up(guild.id) for guild in self.guilds)
        return everywhere or (self._ready_generation == generation and recovery.idle)

    def connection(self) -> Connection:
        """How the connection is at this moment."""
        recorder = self.services.recorder
        here = self._ready_generation == recorder.generation and not self._deaf
        return Connection(
            connected=here and not self.is_closed(),
            latency=self.latency if math.isfinite(self.latency) else None,
            servers=len(self.guilds),
            recorded=recorder.committed,
            queued=recorder.queued,
        )

    def has_heard(self, sequence: int | None) -> bool:
        """Whether the present session has brought the events up to ``sequence``."""
        if sequence is None:
            return True
        socket: DiscordWebSocket | None = self.ws
        return socket is not None and socket.sequence is not None and socket.sequence >= sequence

    def _wake(self) -> None:
        self._sweep.wake()

    # -- commands ---------------------------------------------------------------------------

    async def _sync_commands(self) -> None:
        """Register the commands with Discord, only where they are not what it knows already."""
        assert self.application_id is not None
        application_id = self.application_id
        digest = self.command_digest()
        database, clock = self.services.database, self.services.clock
        known = await database.read(lambda tx: command_syncs.synced(tx, application_id))
        if known == digest:
            return
        await self.tree.sync()
        await database.write(
            lambda tx: command_syncs.record_sync(tx, application_id, digest, clock.now_ms())
        )
        _log.info("Registered %d command(s) with Discord.", len(self.tree.get_commands()))

    def command_digest(self) -> str:
        """What the commands are recognised by: a hash of what is registered."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()

    # -- files ------------------------------------------------------------------------------

    async def _fetch(self, address: str) -> bytes:
        try:
            return await self.http.get_from_cdn(address)
        except (discord.HTTPException, *TRANSIENT) as error:
            why = (
                error.status if isinstance(error, discord.HTTPException) else get_error_name(error)
            )
            raise UserError(
                f"Discord did not hand out the file ({why}); attach it once more."
            ) from error
