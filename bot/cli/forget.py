"""``python -m bot forget``: erases a member who left the server and can't use ``/privacy``."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from dataclasses import dataclass, field

from bot import erasure
from bot.clock import Clock
from bot.core.shards import UNSHARDED, Shards
from bot.core.text.plural import format_count
from bot.errors import DatabaseInUse
from storage.db import erasure_log
from storage.db.archive_location import Location
from storage.db.erasure_log import Erasure
from storage.db.errors import StorageError
from storage.db.writer import Transaction

__all__ = ["erase_member"]

#: Seconds in which running bots have to erase the member, and between two looks at whether they
#: have. One that runs takes about a second.
_PATIENCE, _LOOK = 30.0, 0.2


@dataclass
class _Outcome:
    """The servers in which the member was erased: by running bots, and by this command."""

    by_bots: set[int] = field(default_factory=set)
    here: set[int] = field(default_factory=set)

    @property
    def servers(self) -> set[int]:
        """All of them."""
        return self.by_bots | self.here


async def erase_member(
    location: Location,
    member_id: int,
    server_id: int | None,
    *,
    keep_out: bool,
    patience: float = _PATIENCE,
) -> str:
    """Erase a member's data in a server, or in all if None; return what was done.

    ``keep_out``: also save nothing from now on. The erasure is written to the erasure log, which
    running bots apply at once, each in the servers of its shards, and others when they start. In
    servers that no bot serves it is applied here. ``patience``: seconds to wait for the bots.

    Raises DatabaseError if there is no archive or the log can't be written.
    """
    outcome, until = _Outcome(), asyncio.get_running_loop().time() + patience
    pending: list[Erasure] = []
    # Messages may be on their way to the archive: look again, also for servers that are new in it.
    while erasures := await _find_erasures(
        location, member_id, server_id, keep_out=keep_out, known=outcome.servers
    ):
        await location.log_erasures(erasures)
        pending = await _wait_until_erased(location, erasures, outcome, until)
        if pending:
            break
    return _describe(member_id, outcome, pending)


async def _find_erasures(
    location: Location,
    member_id: int,
    server_id: int | None,
    *,
    keep_out: bool,
    known: Collection[int],
) -> list[Erasure]:
    """The erasures in the servers that have something of the member and aren't ``known``."""
    now_ms, logged = Clock().now_ms(), list[Erasure]()

    async def find(tx: Transaction) -> list[Erasure]:
        servers = (
            await erasure_log.get_servers_of_member(tx, member_id)
            if server_id is None
            else [server_id]
        )
        found: dict[int, Erasure] = {}
        for one in [*await erasure_log.get_erasures(tx), *logged]:
            before = found.get(one.server_id)
            if one.member_id == member_id and (before is None or before.erased_at <= one.erased_at):
                found[one.server_id] = one
        out = []
        for one_id in servers:
            if one_id in known:
                continue
            newest = await erasure_log.get_newest_reply_time(tx, one_id, member_id)
            before = found.get(one_id)
            since = now_ms if keep_out else None
            if before is not None:
                # Another machine's clock may be ahead of this one's.
                newest, since = max(newest, before.erased_at + 1), before.opted_out_at or since
            out.append(Erasure(one_id, member_id, max(now_ms, newest), since))
        return out

    async with location.open_for_reading() as archive:
        logged += await archive.read_erasures()
        return await archive.read(find)


async def _wait_until_erased(
    location: Location, erasures: list[Erasure], outcome: _Outcome, until: float
) -> list[Erasure]:
    """Wait until all are recorded in the archive; those that aren't at ``until``."""
    loop = asyncio.get_running_loop()
    while True:
        async with location.open_for_reading() as archive:
            pending = await archive.read(lambda tx: erasure_log.find_pending(tx, erasures))
            running = await archive.get_running_shards()
        done = {one.server_id for one in erasures} - {one.server_id for one in pending}
        outcome.by_bots |= done - outcome.here
        if not pending:
            return []
        unserved = [one for one in pending if running is None or not _is_served(running, one)]
        if unserved and await _erase_here(location, running, unserved):
            outcome.here |= {one.server_id for one in unserved}
        elif loop.time() > until:
            return pending
        else:
            await asyncio.sleep(_LOOK)


def _is_served(running: Shards, one: Erasure) -> bool:
    return running.has_server(one.server_id)


async def _erase_here(location: Location, running: Shards | None, unserved: list[Erasure]) -> bool:
    """Apply the erasure log in the place of bots that don't run; False if one is starting."""
    shards = UNSHARDED
    if running is not None:
        shards = running.select(running.get_shard(one.server_id) for one in unserved)
    try:
        async with location.open(erase_member=erasure.erase, shards=shards):
            pass  # opening it applies the log
    except DatabaseInUse:
        return False
    with contextlib.suppress(StorageError):  # the next start does it
        await location.clean_up()
    return True


def _describe(member_id: int, outcome: _Outcome, pending: list[Erasure]) -> str:
    who = f"Member {member_id}"
    sentences = []
    if outcome.servers:
        where = format_count(len(outcome.servers), "server")
        sentences.append(f"{who} was erased in {where}.")
    if outcome.by_bots:
        sentences.append(
            "The running bot also removes their words from its thread names and messages in "
            "Discord."
        )
    if outcome.here:
        sentences.append(
            "When the bot is started, it also removes their words from its thread names and "
            "messages in Discord."
        )
    if pending:
        where = format_count(len(pending), "server")
        sentences.append(
            f"{who} isn't erased in {where} yet: the bot is running, but hasn't answered. It "
            "erases them as soon as it can, or at its next start."
        )
    if not sentences:
        return f"Nothing is saved about member {member_id}. Nothing was changed."
    return " ".join(sentences)
