"""Saving the world to disk and loading it at a later start."""

from __future__ import annotations

import dataclasses
import types
from datetime import datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson

from bot.emulator.world.clock import WorldClock
from bot.emulator.world.files import FileStore
from bot.emulator.world.models import (
    Application,
    Channel,
    Command,
    Guild,
    Interaction,
    Message,
    User,
    Webhook,
)
from bot.emulator.world.world import World

__all__ = ["UnreadableWorldError", "exists", "file_store", "load", "save"]

_VERSION = 1
_NAME = "world.json"
_FILES = "files"
_TABLES: dict[str, type] = {
    "users": User,
    "guilds": Guild,
    "channels": Channel,
    "messages": Message,
    "webhooks": Webhook,
    "applications": Application,
    "commands": Command,
    "interactions": Interaction,
}


class UnreadableWorldError(Exception):
    """A saved world can't be read; the text is a sentence that says why."""


def exists(folder: Path) -> bool:
    """Whether a world was saved in this folder."""
    return (folder / _NAME).is_file()


def file_store(folder: Path) -> FileStore:
    """The store of a saved world's attachments."""
    return FileStore(folder / _FILES)


def save(world: World, folder: Path) -> None:
    """Save the world, replacing the previous file atomically.

    Raises OSError if the folder can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        "version": _VERSION,
        "offset": world.clock.offset,
        "last_id": world.snowflakes.last,
        "thread_limit": world.thread_limit,
        "nonces": world.nonces,
        **{name: list(getattr(world, name).values()) for name in _TABLES},
    }
    half = folder / f"{_NAME}.half"
    half.write_bytes(orjson.dumps(state, option=orjson.OPT_NON_STR_KEYS))
    half.replace(folder / _NAME)


def load(folder: Path) -> World:
    """Load the world saved in a folder.

    Raises UnreadableWorldError if there is none or it is invalid.
    """
    try:
        state = orjson.loads((folder / _NAME).read_bytes())
        if state["version"] != _VERSION:
            raise UnreadableWorldError(
                f"The world in {folder} was saved by another version of the rehearsal."
            )
        world = World(WorldClock(state["offset"]), file_store(folder))
        for name, kind in _TABLES.items():
            table = getattr(world, name)
            for row in state[name]:
                record = _read(kind, row)
                table[record.id] = record
    except OSError as error:
        raise UnreadableWorldError(f"The world in {folder} can't be read: {error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableWorldError(f"{folder / _NAME} isn't a saved world.") from error
    world.snowflakes.last = state["last_id"]
    world.thread_limit = state["thread_limit"]
    world.nonces = state["nonces"]
    world.tokens = {user.token: user.id for user in world.users.values()}
    world.open_polls = {
        message.id
        for message in world.messages.values()
        if message.poll is not None and not message.poll.get("finalized") and not message.deleted
    }
    world.timelines = {channel_id: [] for channel_id in world.channels}
    for message in sorted(world.messages.values(), key=lambda message: message.id):
        if not message.deleted and message.ephemeral_to is None:
            world.timelines.setdefault(message.channel_id, []).append(message.id)
    return world


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, value: Any) -> Any:
    """A JSON value converted to the annotated type it was written from."""
    if value is None or kind is Any:
        return value
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: _read(hints[name], part) for name, part in value.items()})
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        options = [option for option in get_args(kind) if option is not type(None)]
        return _read(options[0], value) if len(options) == 1 else value
    if origin is list:
        return [_read(get_args(kind)[0], part) for part in value]
    if origin is dict:
        key, inner = get_args(kind)
        return {key(name): _read(inner, part) for name, part in value.items()}
    if kind is datetime:
        return datetime.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return value
