"""``python -m bot rehearse``: Salon on a local Discord emulator, until interrupted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import aiohttp
import filelock
import orjson

from bot.emulator.demo.comments import UnplayableError
from bot.emulator.demo.narration import Narrator
from bot.emulator.demo.play import play, read_play
from bot.emulator.demo.transcript import style_for, transcript
from bot.emulator.faults.bot_process import BotProcess, bot_environment
from bot.emulator.faults.controls import LINK
from bot.emulator.faults.har import Recorder
from bot.emulator.options import Options, UsageError, read_options
from bot.emulator.server import Emulator
from bot.emulator.world import persistence
from bot.emulator.world.events import Event
from bot.emulator.world.files import FileStore
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import first_world
from bot.emulator.world.world import World

__all__ = ["main"]

_USAGE = 64
_BAD_DATA = 65
_NO_INPUT = 66
_UNAVAILABLE = 69
_BROKEN = 70
_CANNOT_CREATE = 73
_DATABASE = "salon.sqlite3"


class _CannotError(Exception):
    """The rehearsal cannot go on; the text is the sentence to show, ``status`` the exit status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def main(arguments: Sequence[str] | None = None) -> int:
    """Rehearse until interrupted, or once; the exit status.

    64 for options nobody understands, 65 for files that are no essay, comments or world, 66 for
    files that cannot be read, 69 where the port or the folder is taken, 70 if the bot does not
    come up, 73 where an archive cannot be written, 1 if a play with ``--once`` fell short.
    """
    logging.basicConfig(level=logging.WARNING, format="emulator: %(message)s", stream=sys.stderr)
    try:
        options = read_options(sys.argv[1:] if arguments is None else arguments)
        if options.plays:
            read_play(options.essay, options.comments)
        with _folder(options.data) as folder:
            return asyncio.run(_rehearse(options, folder))
    except UsageError as error:
        return _complain(f"{error} See --help.", _USAGE)
    except (_CannotError, UnplayableError) as error:
        return _complain(str(error), error.status)
    except KeyboardInterrupt:
        return 0


def _complain(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


@contextlib.contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """The data folder, held against a second rehearsal; a passing one if none is given."""
    if given is None:
        with tempfile.TemporaryDirectory(prefix="salon-rehearsal-") as name:
            yield Path(name)
        return
    try:
        given.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(given / "rehearsal.lock")
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        sentence = f"Another rehearsal is at work in {given}."
        raise _CannotError(sentence, _UNAVAILABLE) from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise _CannotError(f"{given} cannot be used: {why}.", _NO_INPUT) from error
    try:
        yield given
    finally:
        lock.release()


def _world(folder: Path) -> World:
    try:
        if persistence.exists(folder):
            return persistence.load(folder)
        return first_world(files=FileStore(folder / "files"))
    except persistence.UnreadableWorldError as error:
        raise _CannotError(str(error), _BAD_DATA) from error


async def _rehearse(options: Options, folder: Path) -> int:
    """Open everything, announce it, play what is to be played, wait for the end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with _opened(options, folder) as (emulator, bot):
        ended = asyncio.create_task(stop.wait())
        running = asyncio.create_task(_run(options, emulator, bot))
        try:
            await asyncio.wait({ended, running}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                return 0
            status = running.result()
            if status is None:  # it goes on until somebody ends it
                await ended
                return 0
            return status
        finally:
            for task in (running, ended):
                task.cancel()
            await asyncio.gather(running, ended, return_exceptions=True)


@contextlib.asynccontextmanager
async def _opened(
    options: Options, folder: Path
) -> AsyncIterator[tuple[Emulator, BotProcess | None]]:
    """The emulator, serving, and the bot's process, not yet started."""
    emulator = Emulator(_world(folder), rates=options.rates, data=folder)
    async with contextlib.AsyncExitStack() as stack:
        if options.har is not None:
            emulator.recorder = _recorder(options.har)
            stack.callback(emulator.recorder.close)
        await _start(emulator, options.port)
        stack.push_async_callback(emulator.stop)
        bot: BotProcess | None = None
        if not options.no_bot:
            bot = _bot(emulator, folder)
            emulator.controls.bot = bot
            stack.push_async_callback(bot.stop)
        yield emulator, bot


def _recorder(path: Path) -> Recorder:
    try:
        return Recorder(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise _CannotError(f"{path} cannot be written: {why}.", _CANNOT_CREATE) from error


async def _start(emulator: Emulator, port: int) -> None:
    try:
        await emulator.start(port=port)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        sentence = f"Port {port} cannot be had ({why}): choose another with --port, 0 takes any."
        raise _CannotError(sentence, _UNAVAILABLE) from error


def _bot(emulator: Emulator, folder: Path) -> BotProcess:
    environment = bot_environment(
        os.environ,
        token=emulator.world.bot.token,
        api=emulator.api,
        gateway=emulator.gateway,
        clock_link=emulator.page.replace("http://", "ws://", 1) + LINK,
        database=folder / _DATABASE,
    )
    return BotProcess(environment, lambda line: _print(f"bot: {line}", sys.stderr))


async def _run(options: Options, emulator: Emulator, bot: BotProcess | None) -> int | None:
    """Announce, then play; the exit status, or None where the rehearsal goes on."""
    if bot is not None:
        await bot.start()
        await _ready(emulator, bot)
    _print(orjson.dumps(announcement(emulator)).decode())
    emulator.room.offers = not options.plays
    if not options.once:
        _print(f"Open {emulator.page} in a browser to see it and take part.")
    if not options.rates:
        _print("No rate limits are announced (--rates off).")
    if not options.once:
        _narrate(emulator, _print)
    if not options.plays:
        return None
    say = (lambda line: _print(line, sys.stderr)) if options.once else _print
    done = await play(emulator, essay=options.essay, comments=options.comments, say=say)
    if not options.once:
        return None
    _print(transcript(await _truth(emulator), style_for(sys.stdout)).rstrip("\n"))
    return 0 if done else 1


async def _ready(emulator: Emulator, bot: BotProcess) -> None:
    """Wait until the bot's session is READY, its commands are known and it has come to rest."""
    ended = asyncio.create_task(bot.ended.wait())
    ready = asyncio.create_task(_rested(emulator))
    try:
        await asyncio.wait({ended, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            raise _CannotError("The bot has ended before it was ready.", _BROKEN)
        await ready
    finally:
        for task in (ended, ready):
            task.cancel()
        await asyncio.gather(ended, ready, return_exceptions=True)


async def _rested(emulator: Emulator) -> None:
    world = emulator.world
    changed = asyncio.Event()
    world.on_change.append(changed.set)
    try:
        await emulator.gateway_hub.bot_ready()
        while not world.commands:
            changed.clear()
            await changed.wait()
    finally:
        world.on_change.remove(changed.set)
    await emulator.controls.time.settle()


async def _truth(emulator: Emulator) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{emulator.page}/rehearsal/world") as response,
    ):
        found: dict[str, Any] = orjson.loads(await response.read())
        return found


def announcement(emulator: Emulator) -> dict[str, Any]:
    """The first line: where everything is, and who may say what with which token."""
    world, guild = emulator.world, emulator.world.guild
    members: dict[str, Any] = {}
    for user in map(world.users.__getitem__, guild.members):
        if user.bot:
            continue
        rights = world.guild_permissions(user.id, guild.id)
        members.setdefault(
            user.display_name or user.name,
            {
                "id": str(user.id),
                "token": user.token,
                "admin": bool(rights & Permission.ADMINISTRATOR),
            },
        )
    return {
        "api": emulator.api,
        "gateway": emulator.gateway,
        "page": emulator.page,
        "bot_token": world.bot.token,
        "application_id": str(world.application.id),
        "guild_id": str(guild.id),
        "channels": {channel.name: str(channel.id) for channel in world.channels_of(guild.id)},
        "members": members,
    }


def _narrate(emulator: Emulator, say: Callable[[str], None]) -> None:
    narrator = Narrator(emulator.world)

    def hear(event: Event) -> None:
        line = narrator.line(event)
        if line is not None:
            say(line)

    emulator.world.listeners.append(hear)


def _print(line: str, stream: TextIO | None = None) -> None:
    """Write a line at once; a reader that has gone is no reason to end."""
    out = stream if stream is not None else sys.stdout
    with contextlib.suppress(BrokenPipeError):
        out.write(f"{line}\n")
        out.flush()


if __name__ == "__main__":
    sys.exit(main())
