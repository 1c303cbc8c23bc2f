"""The running bot: opened resources, a connection that is made anew, a clean end."""

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

from bot.app.client import Salon
from bot.app.daily_backup import BackupKeeper
from bot.app.emulator_clock import clock_link
from bot.app.health import Connection, Health, serving
from bot.app.logging_setup import begin_logging
from bot.app.systemd import ServiceManager
from bot.app.wiring import Options
from bot.clock import Clock
from bot.delivery.attachments import AttachmentLimits
from bot.discord_api.connection import set_base_urls
from bot.errors import DiscordLoginError
from bot.settings import Settings
from storage.db.backups import listed
from storage.db.database import Database, open_database

__all__ = ["one_life", "run", "supervise"]

_log = logging.getLogger(__name__)

#: Seconds between attempts to connect: the first wait, and the longest.
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 300.0
#: Seconds a connection must have held for the next failure to count as the first again.
_STEADY_AFTER = 300.0

#: Seconds before something beside the connection begins anew after a bug.
_REST = 60.0

#: Of glibc's malloc.h; and what it may keep at the end of its heap.
_M_TRIM_THRESHOLD, _M_ARENA_MAX, _KEPT_BYTES = -1, -8, 65536

#: Allocations between two looks for cycles, of the youngest generation and of the older two.
_GC_THRESHOLDS = (50_000, 20, 20)

#: What Discord closes a connection with for good, however often it is made anew, and what mends it
#: (docs: Opcodes and Status Codes › Gateway Close Event Codes).
_FOR_GOOD = {
    4004: "Discord has withdrawn the token: set a new one.",
    4010: "Discord refuses the connection as a wrong shard (4010): install a newer Salon.",
    4011: "Salon is in more servers than one connection may serve (4011): take it out of some.",
    4012: "Discord no longer speaks this version of its gateway (4012): install a newer Salon.",
    4013: "Discord does not know the intents that are asked for (4013): install a newer Salon.",
}

#: What a fresh start may mend.
_PASSING = (
    OSError,
    asyncio.TimeoutError,
    aiohttp.ClientError,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
)


def run(settings: Settings, manager: ServiceManager) -> int:
    """Run the bot until SIGINT or SIGTERM; its exit status.

    Raises SalonError where no fresh start would help: the token or the intents are refused, the
    archive is in use, foreign or newer.
    """
    begin_logging(
        sys.stderr, level=settings.log_level, form=settings.log_format, secret=settings.token
    )
    _give_memory_back()
    with contextlib.suppress(AttributeError, ValueError):  # where there are no such signals
        faulthandler.register(signal.SIGUSR1)  # says where every thread stands, and goes on
    # Salon never speaks, so what speaking would need is no news.
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
    set_base_urls(settings.api_base, settings.gateway_url)
    # What a message leaves behind is freed by counting references; looking for cycles after
    # every few hundred of them was a quarter of what recording costs (scripts/bench ingest).
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        asyncio.run(supervise(settings, manager))
    except* DiscordLoginError as group:
        raise group.exceptions[0] from None
    return 0


def _give_memory_back() -> None:
    """Have what is freed go back to the system, where that is glibc's to decide (mallopt(3)).

    It keeps a heap for every few threads, each as large as it ever was; a bot that runs for months
    has its moments of much memory, when it reads what it missed, and little need between them.
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
    if not settings.database.exists() and listed(settings.backups, settings.database.stem):
        _log.warning(
            "There is no database at %s, so a new one is begun. There are backups in %s: "
            "`python -m bot restore` brings the newest back.",
            settings.database,
            settings.backups,
        )
    options = Options(
        attachments=AttachmentLimits(
            settings.max_attachment_bytes, settings.max_total_attachment_bytes
        ),
        compare_window=settings.compare_window,
        server_retention=settings.departed_server_retention,
    )
    current: list[Salon] = []
    keeper = BackupKeeper(settings.database, settings.backups, clock)
    async with (
        # First, since a large archive may take a while to be copied and brought up to date.
        _beside(manager.run, "service manager"),
        open_database(settings.database, backups=settings.backups, clock=clock) as database,
        serving(_health(settings, database, clock, current), settings.health),
        _beside(keeper.run, "backups"),
        clock_link(settings.clock_url, clock, lambda: current[0] if current else None),
    ):
        stopping = asyncio.create_task(stop.wait())
        wait = _FIRST_WAIT
        while not stop.is_set():
            began = loop.time()
            salon = Salon(database, clock, options, on_connection=manager.ready)
            last_error = await one_life(settings, salon, current, stopping)
            if stop.is_set():
                break
            if loop.time() - began > _STEADY_AFTER:
                wait = _FIRST_WAIT
            _log.warning("%s Next attempt in %.0f s.", last_error, wait)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stop.wait()
            wait = min(wait * 2, _LONGEST_WAIT)
        manager.stopping()
    _log.info("Salon has stopped.")


def _health(settings: Settings, database: Database, clock: Clock, current: list[Salon]) -> Health:
    return Health(
        database=database,
        clock=clock,
        path=settings.database,
        folder=settings.backups,
        connection=lambda: current[0].connection() if current else Connection(),
    )


@contextlib.asynccontextmanager
async def _beside(work: Callable[[], Awaitable[None]], name: str) -> AsyncIterator[None]:
    """Do ``work`` beside the block, until its end; a bug in it is logged, and it begins anew."""
    task = asyncio.create_task(_again_and_again(work, name), name=name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _again_and_again(work: Callable[[], Awaitable[None]], name: str) -> None:
    while True:
        try:
            return await work()
        except Exception:  # noqa: BLE001 - it is no reason for the bot to end
            _log.exception("Unexpected in: %s. It begins anew in a minute.", name)
            await asyncio.sleep(_REST)


async def one_life(
    settings: Settings,
    salon: Salon,
    current: list[Salon],
    stopping: asyncio.Task[bool],
) -> str:
    """One life of the connection; what ended it, as a sentence.

    Raises DiscordLoginError where no other attempt would do better.
    """
    current[:] = [salon]
    life = asyncio.create_task(salon.start(settings.token), name="connection")
    over = asyncio.create_task(salon.over.wait(), name="over")
    try:
        await asyncio.wait({life, stopping, over}, return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            return "Stopped."
        if life.done() and not life.cancelled():
            await life
    except discord.LoginFailure:
        raise DiscordLoginError(
            "Discord refuses the token: copy it anew from the developer portal "
            "(Bot › Reset Token) into DISCORD_TOKEN."
        ) from None
    except discord.PrivilegedIntentsRequired:
        raise DiscordLoginError(
            "Discord refuses the connection, since the message content intent is not enabled: "
            "switch on “Message Content Intent” in the developer portal (Bot › Privileged "
            "Gateway Intents)."
        ) from None
    except discord.ConnectionClosed as error:
        if error.code in _FOR_GOOD:
            raise DiscordLoginError(_FOR_GOOD[error.code]) from None
        return f"Discord closed the connection ({error.code})."
    except _PASSING as error:
        return _unreached(error)
    except Exception as error:  # noqa: BLE001 - a fresh start follows, whatever it was
        # Where its first connection fails, the library stumbles over there being none.
        cause = error.__context__
        if salon.ws is None and isinstance(error, AttributeError) and isinstance(cause, _PASSING):
            return _unreached(cause)
        _log.exception("Unexpected, and the connection is lost.")
        return "The connection is made anew."
    finally:
        current.clear()
        await salon.close()
        for task in (life, over):
            task.cancel()
        await asyncio.gather(life, over, return_exceptions=True)
    failure = salon.failure()
    if failure is not None:
        _log.error("Unexpected, and Salon starts afresh.", exc_info=failure)
    return "The connection ended."


def _unreached(error: BaseException) -> str:
    return f"Discord could not be reached ({type(error).__name__}: {error})."
