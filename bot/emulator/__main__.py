"""``python -m bot rehearse``: run Salon on a local Discord emulator until interrupted.

``python -m bot.emulator serve`` runs the emulator without Salon.
"""

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

from bot.emulator import serve
from bot.emulator.demo.comments import UnplayableError
from bot.emulator.demo.narration import Narrator
from bot.emulator.demo.play import play
from bot.emulator.demo.script import read_script
from bot.emulator.demo.transcript import render_transcript, style_for
from bot.emulator.faults.bot_process import BotProcess, bot_environment
from bot.emulator.faults.controls import CLOCK_LINK
from bot.emulator.faults.har import Recorder
from bot.emulator.options import Options, UsageError, read_options
from bot.emulator.server import Emulator
from bot.emulator.world import persistence
from bot.emulator.world.events import Event
from bot.emulator.world.files import FileStore
from bot.emulator.world.permissions import Permission
from bot.emulator.world.seed import seed_world
from bot.emulator.world.world import World

__all__ = ["main"]

_USAGE = 64
_BAD_DATA = 65
_NO_INPUT = 66
_UNAVAILABLE = 69
_BROKEN = 70
_CANNOT_CREATE = 73
_DATABASE = "salon.sqlite3"


class _RehearsalError(Exception):
    """The rehearsal can't continue; the text is for the user, ``status`` the exit status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def main(arguments: Sequence[str] | None = None) -> int:
    """Rehearse until interrupted, or once; the exit status.

    64 for invalid options, 65 for an invalid essay, comments or world, 66 for files that can't be
    read, 69 if the port or the folder is in use, 70 if the bot doesn't start, 73 if the HTTP
    Archive can't be written, 1 if a play with ``--once`` failed.
    """
    logging.basicConfig(level=logging.WARNING, format="emulator: %(message)s", stream=sys.stderr)
    try:
        options = read_options(sys.argv[1:] if arguments is None else arguments)
        if options.plays:
            read_script(options.essay, options.comments)
        with _folder(options.data) as folder:
            return asyncio.run(_rehearse(options, folder))
    except UsageError as error:
        return _print_error(f"{error} See --help.", _USAGE)
    except (_RehearsalError, UnplayableError) as error:
        return _print_error(str(error), error.status)
    except KeyboardInterrupt:
        return 0


def _print_error(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


@contextlib.contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """The data folder, locked against a second rehearsal; a temporary one if none is given."""
    if given is None:
        with tempfile.TemporaryDirectory(prefix="salon-rehearsal-") as name:
            yield Path(name)
        return
    try:
        given.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(given / "rehearsal.lock")
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        sentence = f"Another rehearsal is using {given}. Stop it, or choose another folder."
        raise _RehearsalError(sentence, _UNAVAILABLE) from error
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise _RehearsalError(f"The folder {given} can't be used: {why}.", _NO_INPUT) from error
    try:
        yield given
    finally:
        lock.release()


def _open_world(folder: Path) -> World:
    try:
        if persistence.exists(folder):
            return persistence.load(folder)
        return seed_world(files=FileStore(folder / "files"))
    except persistence.UnreadableWorldError as error:
        raise _RehearsalError(str(error), _BAD_DATA) from error


async def _rehearse(options: Options, folder: Path) -> int:
    """Start everything, announce it, run the play if there is one, wait for the end."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with _started_emulator(options, folder) as (emulator, bot):
        ended = asyncio.create_task(stop.wait())
        running = asyncio.create_task(_run(options, emulator, bot))
        try:
            await asyncio.wait({ended, running}, return_when=asyncio.FIRST_COMPLETED)
            if not running.done():
                return 0
            status = running.result()
            if status is None:  # it runs until interrupted
                await ended
                return 0
            return status
        finally:
            for task in (running, ended):
                task.cancel()
            await asyncio.gather(running, ended, return_exceptions=True)


@contextlib.asynccontextmanager
async def _started_emulator(
    options: Options, folder: Path
) -> AsyncIterator[tuple[Emulator, BotProcess | None]]:
    """The emulator, started, and the bot's process, not started yet."""
    emulator = Emulator(_open_world(folder), rates=options.rates, data=folder)
    async with contextlib.AsyncExitStack() as stack:
        if options.har is not None:
            emulator.recorder = _open_recorder(options.har)
            stack.callback(emulator.recorder.close)
        await _start(emulator, options.port)
        stack.push_async_callback(emulator.stop)
        bot: BotProcess | None = None
        if not options.no_bot:
            bot = _make_bot(emulator, folder)
            emulator.controls.bot = bot
            stack.push_async_callback(bot.stop)
        yield emulator, bot


def _open_recorder(path: Path) -> Recorder:
    try:
        return Recorder(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise _RehearsalError(f"{path} can't be written: {why}.", _CANNOT_CREATE) from error


async def _start(emulator: Emulator, port: int) -> None:
    try:
        await emulator.start(port=port)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        sentence = (
            f"Port {port} can't be used ({why}). Choose another with --port; 0 takes any free one."
        )
        raise _RehearsalError(sentence, _UNAVAILABLE) from error


def _make_bot(emulator: Emulator, folder: Path) -> BotProcess:
    environment = bot_environment(
        os.environ,
        token=emulator.world.bot.token,
        api=emulator.api,
        gateway=emulator.gateway,
        clock_link=emulator.page.replace("http://", "ws://", 1) + CLOCK_LINK,
        database=folder / _DATABASE,
    )
    return BotProcess(environment, lambda line: _print(f"bot: {line}", sys.stderr))


async def _run(options: Options, emulator: Emulator, bot: BotProcess | None) -> int | None:
    """Announce, then play; the exit status, or None if the rehearsal keeps running."""
    if bot is not None:
        await bot.start()
        await _wait_until_ready(emulator, bot)
    _print(orjson.dumps(announcement(emulator)).decode())
    emulator.room.offers = not options.plays
    if not options.once:
        _print(f"Open {emulator.page} in a browser to see it and take part. Press Ctrl+C to stop.")
    if not options.rates:
        _print("The emulator announces no rate limits (--rates off).")
    if not options.once:
        _narrate(emulator, _print)
    if not options.plays:
        return None
    say = (lambda line: _print(line, sys.stderr)) if options.once else _print
    done = await play(emulator, essay=options.essay, comments=options.comments, say=say)
    if not options.once:
        return None
    _print(render_transcript(await _fetch_snapshot(emulator), style_for(sys.stdout)).rstrip("\n"))
    return 0 if done else 1


async def _wait_until_ready(emulator: Emulator, bot: BotProcess) -> None:
    """Wait until the bot is READY, has synced its commands and is idle."""
    ended = asyncio.create_task(bot.ended.wait())
    ready = asyncio.create_task(_wait_until_idle(emulator))
    try:
        await asyncio.wait({ended, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            raise _RehearsalError(
                "The bot stopped before it was ready. Its messages are above.", _BROKEN
            )
        await ready
    finally:
        for task in (ended, ready):
            task.cancel()
        await asyncio.gather(ended, ready, return_exceptions=True)


async def _wait_until_idle(emulator: Emulator) -> None:
    world = emulator.world
    changed = asyncio.Event()
    world.on_change.append(changed.set)
    try:
        await emulator.dispatcher.wait_for_bot()
        while not world.commands:
            changed.clear()
            await changed.wait()
    finally:
        world.on_change.remove(changed.set)
    await emulator.controls.time.settle()


async def _fetch_snapshot(emulator: Emulator) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{emulator.page}/rehearsal/world") as response,
    ):
        found: dict[str, Any] = orjson.loads(await response.read())
        return found


def announcement(emulator: Emulator) -> dict[str, Any]:
    """The first line: addresses, ids, and the members' tokens."""
    world, guild = emulator.world, emulator.world.guild
    members: dict[str, Any] = {}
    for user in map(world.users.__getitem__, guild.members):
        if user.bot:
            continue
        permissions = world.guild_permissions(user.id, guild.id)
        members.setdefault(
            user.display_name or user.name,
            {
                "id": str(user.id),
                "token": user.token,
                "admin": bool(permissions & Permission.ADMINISTRATOR),
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

    def print_line(event: Event) -> None:
        line = narrator.line(event)
        if line is not None:
            say(line)

    emulator.world.listeners.append(print_line)


def _print(line: str, stream: TextIO | None = None) -> None:
    """Write and flush a line; a closed pipe is ignored."""
    out = stream if stream is not None else sys.stdout
    with contextlib.suppress(BrokenPipeError):
        out.write(f"{line}\n")
        out.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        sys.exit(serve.main(sys.argv[2:]))
    sys.exit(main())
