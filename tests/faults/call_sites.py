"""Where the source calls Discord: found in the source, and observed from the calls themselves.

Found: each use of a name under which discord.py makes a call. Observed: for each request that
leaves the process, the bot's lines on the stack, innermost first. A call that is found but not
observed isn't made in any scene; one that is observed but not found is made in a way that this
module doesn't know.
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

__all__ = ["UNREACHED", "CallSite", "Line", "contains", "find_call_sites", "observe_calls"]

ROOT = Path(__file__).parents[2]
#: A source file, and the first and last line of a call in it.
CallSite = tuple[str, int, int]
#: A source file, and a line in it.
Line = tuple[str, int]
#: Files left out: one makes calls for others, one calls the clock of a rehearsal.
_TRANSPORT, _CLOCK = "single_attempt.py", "emulator_clock.py"

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
#: Names that discord.py has for calls but Salon for something else, or that make no call.
_NOT_CALLS = {
    # discord.py's: over the gateway, or no call
    "clear",
    "close",
    "connect",
    "query_members",
    "set_translator",
    "setup_hook",
    "start",
    "wait_for",
    "wait_until_ready",
    # Salon's: publishing an essay, following an edit, moving a prompt
    "follow",
    "move",
    "publish",
}
#: Calls that no scene has to make: their file, function and expression, and why.
UNREACHED = (
    dict.fromkeys(
        (
            ("cogs/ui/responses.py", "answer", "interaction.edit_original_response"),
            ("cogs/ui/responses.py", "update", "interaction.edit_original_response"),
        ),
        "nothing in a scene takes the 2.3 s after which an interaction is acknowledged by itself; "
        "tests/cogs/ui/test_deadline.py plays it",
    )
    | dict.fromkeys(
        (("bot/delivery/message_edits.py", "_list_pinned", "self._http.pins_from"),),
        "a channel has to have 250 pinned messages; "
        "tests/cogs/essays/test_notifications.py plays it",
    )
    | dict.fromkeys(
        (
            ("bot/discord_api/readable_channels.py", "get", "client.http.get_channel"),
            ("bot/discord_api/readable_channels.py", "_is_in", "self._client.http.request"),
        ),
        "what somebody may read is asked only about archived and private threads, and changes "
        "nothing; tests/cogs/library/test_search.py plays it",
    )
    | dict.fromkeys(
        (("bot/delivery/answers.py", "_find_changes", "self._http.get_message"),),
        "the bot has to end between recording that an answer was posted and recording the reply; "
        "tests/cogs/members/test_answers.py plays it",
    )
    | dict.fromkeys(
        (("bot/app/command_sync.py", "sync_commands", "tree.fetch_commands"),),
        "the process must not have shard 0; tests/app/test_shards.py plays it",
    )
)


def _names() -> set[str]:
    found = {
        name
        for kind in _CALLED_ON
        for name, function in inspect.getmembers(kind, inspect.isfunction)
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)
        if not name.startswith(("_", "on_"))
    }
    found |= {
        name
        for name, _ in inspect.getmembers(HTTPClient, inspect.isfunction)
        if not name.startswith("_")
    }
    return (found | {"call"}) - _NOT_CALLS


def find_call_sites() -> tuple[dict[CallSite, str], set[CallSite]]:
    """Every call to Discord in the bot's source with its expression, and those of UNREACHED."""
    names, unreached = _names(), set(UNREACHED)
    found: dict[CallSite, str] = {}
    not_made: set[CallSite] = set()
    for path in (*sorted((ROOT / "bot").rglob("*.py")), *sorted((ROOT / "cogs").rglob("*.py"))):
        if path.is_relative_to(ROOT / "bot" / "emulator"):
            continue
        relative = str(path.relative_to(ROOT))
        for within, call in _find_awaited_calls(ast.parse(path.read_text(encoding="utf-8"))):
            function = call.func
            if isinstance(function, ast.Attribute) and function.attr in names:
                place = relative, within, ast.unparse(function)
                site = relative, call.lineno, call.end_lineno or call.lineno
                found[site] = place[2]
                if place in unreached:
                    unreached.remove(place)
                    not_made.add(site)
    assert not unreached, f"calls that aren't in the source: {unreached}"
    return found, not_made


def _find_awaited_calls(node: ast.AST, within: str = "") -> Iterator[tuple[str, ast.Call]]:
    """The calls awaited, or iterated with ``async for``, with the name of their function."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Await) and isinstance(child.value, ast.Call):
            yield within, child.value
        if isinstance(child, ast.AsyncFor) and isinstance(child.iter, ast.Call):
            yield within, child.iter
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _find_awaited_calls(child, child.name)
        else:
            yield from _find_awaited_calls(child, within)


@contextlib.contextmanager
def observe_calls() -> Iterator[set[tuple[Line, ...]]]:
    """Collect the stacks of the requests that are sent in the block."""
    found: set[tuple[Line, ...]] = set()
    send = aiohttp.ClientSession._request

    async def request(self: Any, *arguments: Any, **options: Any) -> Any:
        stack = tuple(_stack())
        if stack:
            found.add(stack)
        return await send(self, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aiohttp.ClientSession, "_request", request)
        yield found


def _stack() -> Iterator[Line]:
    """The bot's lines on the stack, innermost first, without those that make calls for others."""
    frame = sys._getframe(2)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        inside = path.is_relative_to(ROOT / "bot") or path.is_relative_to(ROOT / "cogs")
        if inside and path.name == _CLOCK:
            return
        if inside and "emulator" not in path.parts and path.name != _TRANSPORT:
            yield str(path.relative_to(ROOT)), frame.f_lineno
        if frame.f_back is None:
            return
        frame = frame.f_back


def contains(site: CallSite, line: Line) -> bool:
    """Whether a line belongs to a call."""
    return line[0] == site[0] and site[1] <= line[1] <= site[2]
