"""Which of several bot processes made a call, and whether the call's server is one of its own.

A nonce hides a message that two processes send, and a thread is opened once (docs: Create Message;
Start Thread from Message); the second call shows here all the same. A call's process is the one
that has the other end of its TCP connection (docs: proc(5)), so this needs Linux.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from weakref import WeakKeyDictionary

from aiohttp import web

from bot.core.shards import Shards
from bot.emulator.address import without_api_prefix
from bot.emulator.world.world import World

__all__ = ["CallOrigins", "find_process"]

_PROC = Path("/proc")


def find_process(port: int, pids: Iterable[int]) -> int | None:
    """The one of these processes that has the IPv4 socket with a local port; None if none has."""
    connections = (_PROC / "net" / "tcp").read_text(encoding="ascii").splitlines()[1:]
    # Two fields are the local address, as IP:PORT in hexadecimal, and the inode.
    inodes = {
        fields[9]
        for fields in map(str.split, connections)
        if int(fields[1].rpartition(":")[2], 16) == port
    }
    sockets = {f"socket:[{inode}]" for inode in inodes}
    return next((pid for pid in pids if not sockets.isdisjoint(_get_files(pid))), None)


def _get_files(pid: int) -> set[str]:
    """What a process has open; nothing if it has ended."""
    found = set()
    try:
        for file in (_PROC / str(pid) / "fd").iterdir():
            found.add(str(file.readlink()))
    except OSError:  # it has ended, or has just closed that file
        pass
    return found


class CallOrigins:
    """Notes each call in a server that the process which makes it doesn't serve.

    get_shards:  gets the shards of each running process by its id
    wrong:       the calls in servers of others
    counts:      how many calls in its own servers each process made, by its shards
    """

    def __init__(self, world: World, get_shards: Callable[[], dict[int, Shards]]) -> None:
        self._world = world
        self._get_shards = get_shards
        self.wrong: list[str] = []
        self.counts: Counter[str] = Counter()
        self._pids = WeakKeyDictionary[asyncio.Transport, int | None]()

    def note(self, request: web.Request) -> None:
        """Note a call; the emulator's listener."""
        server_id = self._find_server(without_api_prefix(request.path))
        shards = None if server_id is None else self._find_shards(request.transport)
        if server_id is None or shards is None:
            return
        if shards.has_server(server_id):
            self.counts[str(shards)] += 1
        else:
            name = self._world.guilds[server_id].name
            self.wrong.append(f"{shards} called in {name}: {request.method} {request.path}")

    def _find_shards(self, connection: asyncio.Transport | None) -> Shards | None:
        """The shards of the process behind a connection; None if it isn't one of them."""
        shards_of = self._get_shards()
        if connection is None:  # it was lost: the process has just ended
            return None
        if connection not in self._pids:
            _, port = connection.get_extra_info("peername")
            self._pids[connection] = find_process(port, shards_of)
        pid = self._pids[connection]
        return None if pid is None else shards_of.get(pid)

    def _find_server(self, path: str) -> int | None:
        """The server that a path of the API is about; None if it is about none."""
        names = path.split("/")[1:]
        if names[0] == "applications" and len(names) > 3 and names[2] == "guilds":
            names = names[2:]
        if len(names) < 2 or not names[1].isdecimal():
            return None
        kind, number = names[0], int(names[1])
        if kind == "webhooks":
            webhook = self._world.webhooks.get(number)
            kind, number = "channels", 0 if webhook is None else webhook.channel_id
        if kind == "channels":
            channel = self._world.channels.get(number)
            return None if channel is None else channel.guild_id
        return number if kind == "guilds" and number in self._world.guilds else None
