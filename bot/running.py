"""The running bot: opened resources, a connection that is made anew, a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import re
import signal
import sys
from collections.abc import AsyncIterator

import aiohttp
import discord

from bot.backup_keeper import BackupKeeper
from bot.client import Salon, point_elsewhere
from bot.clock import Clock
from bot.clock_link import clock_link
from bot.errors import DiscordRefused
from bot.file_keeper import Keeping
from bot.settings import Settings
from storage.backups import listed
from storage.database import Database, open_database

__all__ = ["run"]

_log = logging.getLogger(__name__)

#: Seconds between attempts to connect: the first wait, and the longest.
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 300.0
#: Seconds a connection must have held for the next failure to count as the first again.
_STEADY_AFTER = 300.0

#: Allocations between two looks for cycles, of the youngest generation and of the older two.
_GC_THRESHOLDS = (50_000, 20, 20)

#: What a fresh start may mend.
_PASSING = (
    OSError,
    asyncio.TimeoutError,
    aiohttp.ClientError,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
)


#: The tokens of interactions and webhooks, as they stand in addresses.
_TOKENS = re.compile(r"(/(?:interactions|webhooks)/[0-9]+/)[^/\s?]+")


def scrubbed_of(text: str, secret: str) -> str:
    """``text`` without the bot's token and the tokens of interactions and webhooks."""
    return _TOKENS.sub(r"\1[token]", text.replace(secret, "[token]"))


class _Scrubber(logging.Filter):
    """Keeps tokens out of every log line, wherever they may come from."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        scrubbed = scrubbed_of(message, self._secret)
        if scrubbed != message:
            record.msg, record.args = scrubbed, None
        return True


class _Formatter(logging.Formatter):
    """Lines as a person reads them; the token is kept out of tracebacks too."""

    def __init__(self, secret: str) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")
        self._secret = secret

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging's own name
        return scrubbed_of(super().formatException(ei), self._secret)  # type: ignore[arg-type]


def run(settings: Settings) -> int:
    """Run the bot until SIGINT or SIGTERM; its exit status.

    Raises SalonError where no fresh start would help: the token or the intents are refused, the
    archive is in use, foreign or newer.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(settings.token))
    handler.addFilter(_Scrubber(settings.token))
    logging.basicConfig(level=settings.log_level, handlers=[handler])
    # At their most talkative these write down every word that members say.
    for name in ("aiosqlite", "discord"):
        logging.getLogger(name).setLevel(logging.INFO)
    if settings.log_level == "INFO":
        # Its waiting for rate limits is its business, and a line for each would hide ours.
        logging.getLogger("discord").setLevel(logging.WARNING)
        logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # Salon never speaks, so what speaking would need is no news.
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
    point_elsewhere(settings.api_base, settings.gateway_url)
    # What a message leaves behind is freed by counting references; looking for cycles after
    # every few hundred of them was a quarter of what recording costs (scripts/bench ingest).
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        asyncio.run(_run(settings))
    except* DiscordRefused as group:
        raise group.exceptions[0] from None
    return 0


async def _run(settings: Settings) -> None:
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
    current: list[Salon] = []
    async with (
        open_database(settings.database, backups=settings.backups, clock=clock) as database,
        keeping_backups(settings, clock),
        clock_link(settings.clock_url, clock, lambda: current[0] if current else None),
    ):
        stopping = asyncio.create_task(stop.wait())
        wait = _FIRST_WAIT
        while not stop.is_set():
            began = loop.time()
            trouble = await _connection(settings, database, clock, current, stopping)
            if stop.is_set():
                break
            if loop.time() - began > _STEADY_AFTER:
                wait = _FIRST_WAIT
            _log.warning("%s Next attempt in %.0f s.", trouble, wait)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stop.wait()
            wait = min(wait * 2, _LONGEST_WAIT)
    _log.info("Salon has stopped.")


@contextlib.asynccontextmanager
async def keeping_backups(settings: Settings, clock: Clock) -> AsyncIterator[None]:
    """Back the archive up now and then inside the block."""
    keeper = BackupKeeper(settings.database, settings.backups, clock)
    task = asyncio.create_task(keeper.run(), name="backups")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _connection(
    settings: Settings,
    database: Database,
    clock: Clock,
    current: list[Salon],
    stopping: asyncio.Task[bool],
) -> str:
    """One life of the connection; what ended it, as a sentence.

    Raises DiscordRefused where no other attempt would do better.
    """
    keeping = Keeping(settings.attachment_bytes, settings.attachment_total_bytes)
    salon = Salon(database, clock, keeping=keeping)
    current[:] = [salon]
    life = asyncio.create_task(salon.start(settings.token), name="connection")
    try:
        await asyncio.wait({life, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not life.done():
            return "Stopped."
        await life
    except discord.LoginFailure:
        raise DiscordRefused(
            "Discord refuses the token: copy it anew from the developer portal "
            "(Bot › Reset Token) into DISCORD_TOKEN."
        ) from None
    except discord.PrivilegedIntentsRequired:
        raise DiscordRefused(
            "Discord refuses the connection, since the message content intent is not enabled: "
            "switch on “Message Content Intent” in the developer portal (Bot › Privileged "
            "Gateway Intents)."
        ) from None
    except discord.ConnectionClosed as error:
        if error.code == 4004:
            raise DiscordRefused("Discord has withdrawn the token: set a new one.") from None
        return f"Discord closed the connection ({error.code})."
    except _PASSING as error:
        return f"Discord could not be reached ({type(error).__name__}: {error})."
    except Exception:  # noqa: BLE001 - a fresh start follows, whatever it was
        _log.exception("Unexpected, and the connection is lost.")
        return "The connection is made anew."
    finally:
        current.clear()
        await salon.close()
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
    failure = salon.failure()
    if failure is not None:
        _log.error("Unexpected, and Salon starts afresh.", exc_info=failure)
    return "The connection ended."
