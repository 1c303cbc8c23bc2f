"""Supervisor: opens the archive, runs the client, reconnects with backoff, and stops cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import faulthandler
import gc
import logging
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import discord

from bot import erasure
from bot.app.client import Salon
from bot.app.connection_state import Connection
from bot.app.daily_backup import DailyBackup
from bot.app.emulator_clock import clock_link
from bot.app.erasure_watch import ErasureWatch
from bot.app.logging_setup import set_up_logging
from bot.app.presence import Presence
from bot.app.sharded_client import ShardedSalon
from bot.app.shared_calls import SharedCalls
from bot.app.systemd import ServiceManager
from bot.app.wiring import Options
from bot.clock import Clock
from bot.core.shards import UNSHARDED, Shards
from bot.delivery.attachments import AttachmentLimits
from bot.discord_api.call_budget import CallBudget
from bot.discord_api.connection import set_base_urls
from bot.discord_api.gateway_limits import GatewayLimits, fetch_gateway_limits
from bot.errors import DiscordLoginError, MoreShardsRequired
from bot.settings import Settings
from storage.db.archive_location import Location
from storage.db.backups import list_backups
from storage.db.database import Database
from storage.db.processes import ProcessGroup

__all__ = ["run", "run_client", "supervise"]

_log = logging.getLogger(__name__)

#: Seconds between attempts to connect: the first wait, doubled each time, and the longest.
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 300.0
#: Seconds a connection must have lasted for the waits to begin again with the first.
_STABLE_AFTER = 300.0

#: Seconds until a job beside the connection is restarted after a bug.
_RESTART_DELAY = 60.0

#: Constants of glibc's malloc.h, and the bytes it may keep at the end of its heap.
_M_TRIM_THRESHOLD, _M_ARENA_MAX, _KEPT_BYTES = -1, -8, 65536

#: Thresholds of the garbage collector (docs: gc.set_threshold).
_GC_THRESHOLDS = (50_000, 20, 20)

_LOGIN_REFUSED = (
    "Discord refuses the token. Copy it again from the developer portal (Bot › Reset Token) into "
    "DISCORD_TOKEN."
)

#: Gateway close codes after which reconnecting doesn't help, and what does
#: (docs: Opcodes and Status Codes › Gateway Close Event Codes).
_FATAL_CLOSE_CODES = {
    4004: "Discord has revoked the token. Set a new one in DISCORD_TOKEN.",
    4010: "Discord refuses the connection because of a wrong shard (4010). Correct SALON_SHARDS.",
    4011: "Salon is in more servers than its shards may serve (4011). Leave SALON_SHARDS out, or "
    "set it to a higher number.",
    4012: "Discord no longer supports this version of its gateway (4012). Install a newer Salon.",
    4013: "Discord doesn't know the requested intents (4013). Install a newer Salon.",
}

_SHARDING_REQUIRED = 4011

#: Errors after which a new connection may succeed.
_TRANSIENT = (
    OSError,
    asyncio.TimeoutError,
    aiohttp.ClientError,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
)


def run(settings: Settings, manager: ServiceManager) -> int:
    """Run the bot until SIGINT or SIGTERM, and return its exit status.

    Raises SalonError where a restart wouldn't help: the token or the intents are refused, the
    archive is in use, foreign or newer.
    """
    set_up_logging(
        sys.stderr, level=settings.log_level, form=settings.log_format, secret=settings.token
    )
    _configure_malloc()
    with contextlib.suppress(AttributeError, ValueError):  # where there are no such signals
        faulthandler.register(signal.SIGUSR1)  # logs the stack of every thread
    # Salon uses no voice channels: no warnings about missing voice libraries.
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
    set_base_urls(settings.api_base, settings.gateway_url)
    # A message's objects are freed by reference counting; collecting cycles after every few
    # hundred of them was a quarter of the cost of recording (scripts/bench ingest).
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        asyncio.run(supervise(settings, manager))
    except* DiscordLoginError as group:
        raise group.exceptions[0] from None
    return 0


def _configure_malloc() -> None:
    """Have glibc return freed memory to the system (mallopt(3)).

    By default it keeps a heap for every few threads, each as large as it ever was. A bot that runs
    for months needs much memory now and then, when it catches up, and little in between.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 1)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


async def supervise(settings: Settings, manager: ServiceManager) -> None:
    """Run the bot and what is beside it until SIGINT or SIGTERM; connect again when it fails."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # where there are no signals to handle
            loop.add_signal_handler(number, stop.set)
    clock = Clock()
    if settings.postgresql is None:
        _warn_about_missing(settings)
    options = Options(
        attachments=AttachmentLimits(
            settings.max_attachment_bytes, settings.max_total_attachment_bytes
        ),
        compare_window=settings.compare_window,
        server_retention=settings.departed_server_retention,
    )
    location = Location(settings.database, settings.backups, settings.postgresql)
    current: list[Salon] = []
    salon: Salon | None = None
    async with (
        # First, since copying and migrating a large archive may take a while.
        _run_beside(manager.run, "service manager"),
        location.open(
            clock=clock, erase_member=erasure.erase, shards=settings.shards or UNSHARDED
        ) as database,
        _serve_health(settings, database, clock, current),
        _back_up_daily(settings, clock),
        _run_beside(
            ErasureWatch(
                database,
                clock,
                _get_erased_shards(settings),
                on_work=lambda: _wake(current),
            ).run,
            "erasures",
        ),
        _report_presence(database, current),
        clock_link(settings.clock_url, clock, lambda: current[0] if current else None),
    ):
        others = _get_other_processes(settings, database)
        call_budget = CallBudget(None if others is None else SharedCalls(others))
        stopping = asyncio.create_task(_wait_for_stop(stop, database))
        wait = _FIRST_WAIT
        while not stop.is_set():
            began = loop.time()
            pause = wait
            try:
                shards, max_concurrency = await choose_shards(settings, call_budget, stopping)
            except discord.LoginFailure:
                raise DiscordLoginError(_LOGIN_REFUSED) from None
            except _TRANSIENT as error:
                last_error = _describe_unreachable(error)
            except TooManyStarts as error:
                last_error, pause = str(error), max(wait, error.seconds)
            else:
                if stop.is_set():
                    break
                salon = _make_client(
                    shards,
                    max_concurrency,
                    database,
                    clock,
                    options,
                    call_budget,
                    others,
                    manager.notify_ready,
                )
                try:
                    last_error = await run_client(settings, salon, current, stopping)
                except MoreShardsRequired as error:
                    if not await _recommends_more(settings, call_budget, shards):
                        raise
                    last_error = str(error)
            if stop.is_set():
                break
            if loop.time() - began > _STABLE_AFTER:
                wait = pause = _FIRST_WAIT
            _log.warning("%s Trying again in %.0f s.", last_error, pause)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()
            wait = min(wait * 2, _LONGEST_WAIT)
        manager.notify_stopping()
    unsaved = 0 if salon is None else salon.services.recorder.queued
    if unsaved:
        _log.warning(
            "Events that may not be saved: %d. The next start reads them from Discord's history.",
            unsaved,
        )
    _log.info("Salon has stopped.")


async def _wait_for_stop(stop: asyncio.Event, database: Database) -> bool:
    await stop.wait()
    database.begin_stop()
    return True


def _get_erased_shards(settings: Settings) -> Shards:
    """The shards in whose servers this process erases: all of an archive of its own."""
    return UNSHARDED if settings.postgresql is None else settings.shards or UNSHARDED


def _get_other_processes(settings: Settings, database: Database) -> ProcessGroup | None:
    """The processes that serve the other shards on the same database; None if this serves all."""
    shards = settings.shards or UNSHARDED
    return database.processes if len(shards.ids) < shards.count else None


@contextlib.asynccontextmanager
async def _report_presence(database: Database, current: list[Salon]) -> AsyncIterator[None]:
    """Report that this process runs, if its archive can be used by several."""
    if database.processes is None:
        yield
        return
    presence = Presence(database.processes, lambda: _get_connection(current))
    async with _run_beside(presence.run, "presence"):
        yield


def _get_connection(current: list[Salon]) -> Connection:
    return current[0].get_connection() if current else Connection()


def _wake(current: list[Salon]) -> None:
    """Make the client, if there is one, look at what is due."""
    for salon in current:
        salon.services.scheduler.wake()


class TooManyStarts(Exception):
    """Discord allows no further session for some ``seconds``."""

    def __init__(self, limits: GatewayLimits) -> None:
        super().__init__(
            f"Discord allows {limits.remaining} more connections until its daily limit is reset, "
            "which isn't enough."
        )
        self.seconds = limits.reset_after.total_seconds()


async def choose_shards(
    settings: Settings, call_budget: CallBudget, stopping: asyncio.Task[bool]
) -> tuple[Shards, int]:
    """The shards to serve, and how many may identify at once; no shards once ``stopping`` is done.

    Raises LoginFailure, TooManyStarts, and what aiohttp raises.
    """
    if settings.shards == UNSHARDED:
        return UNSHARDED, 1
    asking = asyncio.create_task(fetch_gateway_limits(settings.token, call_budget))
    try:
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not asking.done():
            return UNSHARDED, 1
        limits = asking.result()
    finally:
        asking.cancel()
    shards = settings.shards or Shards(limits.shards, frozenset(range(limits.shards)))
    if limits.remaining < len(shards.ids):
        raise TooManyStarts(limits)
    return shards, limits.max_concurrency


async def _recommends_more(settings: Settings, call_budget: CallBudget, shards: Shards) -> bool:
    """Whether Discord recommends more shards than these, and it may choose their number."""
    if settings.shards is not None:
        return False
    try:
        return (await fetch_gateway_limits(settings.token, call_budget)).shards > shards.count
    except (discord.LoginFailure, *_TRANSIENT):
        return False


def _make_client(
    shards: Shards,
    max_concurrency: int,
    database: Database,
    clock: Clock,
    options: Options,
    call_budget: CallBudget,
    processes: ProcessGroup | None,
    on_connection: Callable[[], None],
) -> Salon:
    if shards == UNSHARDED:
        return Salon(database, clock, options, on_connection=on_connection, call_budget=call_budget)
    return ShardedSalon(
        database,
        clock,
        options,
        shards=shards,
        max_concurrency=max_concurrency,
        on_connection=on_connection,
        call_budget=call_budget,
        processes=processes,
    )


def _warn_about_missing(settings: Settings) -> None:
    """Warn if a new archive is created although there are backups of one."""
    is_new = not settings.database.exists() or not settings.database.stat().st_size
    if is_new and list_backups(settings.backups, settings.database.stem):
        _log.warning(
            "There is no database at %s, so a new one is created. There are backups in %s. To "
            "restore the newest, stop the bot and run `python -m bot restore`.",
            settings.database,
            settings.backups,
        )


@contextlib.asynccontextmanager
async def _back_up_daily(settings: Settings, clock: Clock) -> AsyncIterator[None]:
    """Make backups of an archive in a file; those of PostgreSQL are the operator's."""
    if settings.postgresql is not None:
        yield
        return
    daily_backup = DailyBackup(settings.database, settings.backups, clock)
    async with _run_beside(daily_backup.run, "backups"):
        yield


@contextlib.asynccontextmanager
async def _serve_health(
    settings: Settings, database: Database, clock: Clock, current: list[Salon]
) -> AsyncIterator[None]:
    """Serve health checks and metrics inside the block, if the settings say where."""
    if settings.health is None:
        yield
        return
    from bot.app.health import Health, serve_health  # takes 4 MB, which most bots don't need

    health = Health(
        database=database,
        clock=clock,
        backups=None
        if settings.postgresql is not None
        else (settings.backups, settings.database.stem),
        connection=lambda: _get_connection(current),
    )
    async with serve_health(health, settings.health):
        yield


@contextlib.asynccontextmanager
async def _run_beside(work: Callable[[], Awaitable[None]], name: str) -> AsyncIterator[None]:
    """Run ``work`` beside the block, until its end; after a bug, which is logged, again."""
    task = asyncio.create_task(_run_forever(work, name), name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _run_forever(work: Callable[[], Awaitable[None]], name: str) -> None:
    while True:
        try:
            return await work()
        except Exception:  # noqa: BLE001 - the bot goes on without it
            _log.exception("Unexpected error in the task “%s”. It is restarted in a minute.", name)
            await asyncio.sleep(_RESTART_DELAY)


async def run_client(
    settings: Settings,
    salon: Salon,
    current: list[Salon],
    stopping: asyncio.Task[bool],
) -> str:
    """Run a client until it ends or ``stopping`` is done; the reason as a sentence.

    Raises DiscordLoginError where another attempt wouldn't help.
    """
    current[:] = [salon]
    connection = asyncio.create_task(salon.start(settings.token), name="connection")
    over = asyncio.create_task(salon.over.wait(), name="over")
    try:
        await asyncio.wait({connection, stopping, over}, return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            return "Stopped."
        if connection.done() and not connection.cancelled():
            await connection
    except discord.LoginFailure:
        raise DiscordLoginError(_LOGIN_REFUSED) from None
    except discord.PrivilegedIntentsRequired:
        raise DiscordLoginError(
            "Discord refuses the connection because the message content intent is off. Switch on "
            "“Message Content Intent” in the developer portal (Bot › Privileged Gateway Intents)."
        ) from None
    except discord.ConnectionClosed as error:
        if error.code == _SHARDING_REQUIRED:
            raise MoreShardsRequired(_FATAL_CLOSE_CODES[error.code]) from None
        if error.code in _FATAL_CLOSE_CODES:
            raise DiscordLoginError(_FATAL_CLOSE_CODES[error.code]) from None
        return f"Discord closed the connection ({error.code})."
    except _TRANSIENT as error:
        return _describe_unreachable(error)
    except Exception as error:  # noqa: BLE001 - a new client follows, whatever it was
        # If its first connection fails, discord.py fails again because there is none to close.
        cause = error.__context__
        if salon.ws is None and isinstance(error, AttributeError) and isinstance(cause, _TRANSIENT):
            return _describe_unreachable(cause)
        _log.exception("Unexpected error in the client.")
        return "The client failed."
    finally:
        current.clear()
        await salon.close()
        for task in (connection, over):
            task.cancel()
        await asyncio.gather(connection, over, return_exceptions=True)
    failure = salon.get_failure()
    if failure is not None:
        _log.error("Unexpected error; starting a new client.", exc_info=failure)
    return "The connection ended."


def _describe_unreachable(error: BaseException) -> str:
    return f"Discord can't be reached ({type(error).__name__}: {error})."
