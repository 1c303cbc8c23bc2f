"""``python -m bot.emulator serve``: the emulator alone, for any Discord client.

docs: ``docs/emulator.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from bot.emulator.server import Emulator
from bot.emulator.world.seed import seed_world
from bot.emulator.world.world import World
from bot.emulator.world.world_file import WorldFileError, read_world_file

__all__ = ["main"]

_BAD_DATA = 65
_NO_INPUT = 66
_UNAVAILABLE = 69
_HIGHEST_PORT = 65535


def main(arguments: Sequence[str]) -> int:
    """Serve until interrupted; the exit status.

    65 for an invalid world file, 66 for one that can't be read, 69 if the port is in use.
    """
    options = _parser().parse_args(list(arguments))
    try:
        world = seed_world() if options.world is None else read_world_file(options.world)
    except WorldFileError as error:
        return _print_error(str(error), _BAD_DATA)
    except OSError as error:
        return _print_error(f"Can't read {options.world}: {error.strerror}.", _NO_INPUT)
    try:
        asyncio.run(_serve(world, options.port, rates=options.rates == "on"))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return _print_error(f"Can't listen on port {options.port}: {why}.", _UNAVAILABLE)
    except KeyboardInterrupt:
        pass
    return 0


def _port(text: str) -> int:
    """A port number. Raises ArgumentTypeError."""
    if not text.isdecimal() or len(text) > 5 or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text} isn't a port: a number from 0 to 65535.")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.emulator serve",
        description="Run a local Discord for any client. See docs/emulator.md.",
    )
    parser.add_argument(
        "--world", type=Path, metavar="FILE", help="the world to start with, in TOML"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=8710,
        metavar="N",
        help="the port (default: 8710; 0: any free port)",
    )
    parser.add_argument(
        "--rates", choices=("on", "off"), default="on", help="announce rate limits (default: on)"
    )
    return parser


def _print_error(sentence: str, status: int) -> int:
    sys.stderr.write(f"{sentence}\n")
    return status


async def _serve(world: World, port: int, *, rates: bool) -> None:
    emulator = Emulator(world, rates=rates)
    await emulator.start(port=port)
    try:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        sys.stdout.write(orjson.dumps(describe(emulator)).decode() + "\n")
        sys.stdout.flush()
        await stop.wait()
    finally:
        await emulator.stop()


def describe(emulator: Emulator) -> dict[str, Any]:
    """The line that is printed at start: addresses, tokens and ids."""
    world = emulator.world
    return {
        "api": emulator.api,
        "gateway": emulator.gateway,
        "page": emulator.page,
        "bots": {
            application.name: {
                "token": world.users[application.bot_id].token,
                "id": str(application.bot_id),
                "application_id": str(application.id),
            }
            for application in world.applications.values()
        },
        "members": {
            user.display_name or user.name: {"token": user.token, "id": str(user.id)}
            for user in world.users.values()
            if not user.bot
        },
        "servers": {
            guild.name: {
                "id": str(guild.id),
                "channels": {c.name: str(c.id) for c in world.channels_of(guild.id)},
            }
            for guild in world.guilds.values()
        },
    }
