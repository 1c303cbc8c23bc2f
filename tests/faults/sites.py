"""Where in the source calls to Discord are made: read from it, and seen from the calls themselves.

Read: each use of a name that the library calls Discord under. Seen: for each request that leaves
the process, the lines of the bot's on the way to it, the innermost first. What is read and not
seen is reached by no scene; what is seen and not read is a way to call Discord that this module
does not know.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands
from discord.http import HTTPClient

__all__ = ["Line", "Site", "in_the_source", "lies_in", "seen"]

ROOT = Path(__file__).parents[2]
#: A file of the house, and the first and last line of a call in it.
Site = tuple[str, int, int]
#: A file of the house, and a line in it.
Line = tuple[str, int]
#: What carries any call there is; and what calls the clock of a rehearsal, which is not Discord.
_CARRIER, _CLOCK = "single_attempt.py", "emulator_clock.py"

_CALLED_ON = (
    discord.Client,
    discord.Guild,
    discord.Interaction,
    discord.InteractionResponse,
    discord.Member,
    discord.Message,
    discord.PartialMessage,
    discord.TextChannel,
    discord.ForumChannel,
    discord.Thread,
    discord.User,
    discord.Webhook,
    app_commands.CommandTree,
)
#: Names that the library has for calls and the house for something else, or that call nobody.
_NOT_CALLS = {
    # the library's, over the gateway or nowhere
    "close",
    "connect",
    "query_members",
    "setup_hook",
    "start",
    "wait_for",
    "wait_until_ready",
    # the house's: publishing an essay, following what was edited, moving a prompt
    "follow",
    "move",
    "publish",
}


def _names() -> set[str]:
    found = {
        name
        for kind in _CALLED_ON
        for name, _ in inspect.getmembers(kind, inspect.iscoroutinefunction)
        if not name.startswith(("_", "on_"))
    }
    found |= {
        name
        for name, _ in inspect.getmembers(HTTPClient, inspect.isfunction)
        if not name.startswith("_")
    }
    return (found | {"call"}) - _NOT_CALLS


def in_the_source() -> dict[Site, str]:
    """Each call to Discord in the bot's own source, as it is written there."""
    names = _names()
    found: dict[Site, str] = {}
    for path in (*sorted((ROOT / "bot").rglob("*.py")), *sorted((ROOT / "cogs").rglob("*.py"))):
        if path.is_relative_to(ROOT / "bot" / "emulator"):
            continue
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Await) or not isinstance(node.value, ast.Call):
                continue
            function = node.value.func
            if isinstance(function, ast.Attribute) and function.attr in names:
                end = node.value.end_lineno or node.value.lineno
                site = str(path.relative_to(ROOT)), node.value.lineno, end
                found[site] = ast.unparse(function)
    return found


@contextlib.contextmanager
def seen() -> Iterator[set[tuple[Line, ...]]]:
    """The ways on which requests leave while the block lasts."""
    found: set[tuple[Line, ...]] = set()
    send = aiohttp.ClientSession._request

    async def request(self: Any, *arguments: Any, **options: Any) -> Any:
        way = tuple(_way())
        if way:
            found.add(way)
        return await send(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(aiohttp.ClientSession, "_request", request)
        yield found


def _way() -> Iterator[Line]:
    """The bot's lines on the stack, the innermost first, but for those that carry any call."""
    frame = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        inside = path.is_relative_to(ROOT / "bot") or path.is_relative_to(ROOT / "cogs")
        if inside and path.name == _CLOCK:
            return
        if inside and "rehearsal" not in path.parts and path.name != _CARRIER:
            yield str(path.relative_to(ROOT)), frame.f_lineno
        if frame.f_back is None:
            return
        frame = frame.f_back


def lies_in(line: Line, site: Site) -> bool:
    """Whether a line is one of a call's."""
    return line[0] == site[0] and site[1] <= line[1] <= site[2]
