"""``python -m bot forget``: for members who left the server, and cannot ask for it there."""

from __future__ import annotations

import contextlib
from pathlib import Path

from bot.clock import Clock
from bot.core.text.plural import format_count
from bot.errors import DatabaseError, DatabaseInUse
from storage.db import erasure_log
from storage.db.database import open_database, open_for_reading
from storage.db.erasure_log import Tombstone
from storage.db.writer import Transaction

__all__ = ["forget"]


async def forget(
    database: Path, backups: Path, member_id: int, server_id: int | None, *, keep_out: bool
) -> str:
    """Forget what a member has said in a server, or wherever something is kept; what was done.

    ``keep_out``: and keep nothing of what they say from now on. It is noted beside the archive,
    which is held against that whenever it is opened: at once, or, where a bot runs on it, at its
    next start. Raises DatabaseError where there is no archive or no note can be made.
    """
    now_ms, beside = Clock().now_ms(), erasure_log.beside(database)

    async def found(tx: Transaction) -> list[Tombstone]:
        servers = await erasure_log.servers_of(tx, member_id) if server_id is None else [server_id]
        out = {
            one.server_id: one.opted_out_at
            for one in [*await erasure_log.recorded(tx), *erasure_log.read(beside)]
            if one.member_id == member_id
        }
        since = now_ms if keep_out else None
        return [Tombstone(one, member_id, now_ms, out.get(one) or since) for one in servers]

    async with open_for_reading(database) as archive:
        noted = await archive.read(found)
    if not noted:
        return f"Nothing is kept of member {member_id}. Nothing was changed."
    try:
        erasure_log.append(beside, noted)
    except OSError as error:
        raise DatabaseError(f"It cannot be noted beside {database}: {error.strerror}.") from error
    who = f"Member {member_id}"
    where = format_count(len(noted), "server")
    with contextlib.suppress(DatabaseInUse):
        async with open_database(database, backups=backups):
            return (
                f"{who} is forgotten in {where}. Threads and copies with their words in Discord "
                "follow when the bot is started."
            )
    return f"{who} will be forgotten in {where} when the bot, which is running, is started again."
