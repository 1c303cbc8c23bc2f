"""``python -m bot forget``: erases a member who left the server and can't use ``/privacy``."""

from __future__ import annotations

import contextlib

from bot import erasure
from bot.clock import Clock
from bot.core.text.plural import format_count
from bot.errors import DatabaseInUse
from storage.db import erasure_log
from storage.db.archive_location import Location
from storage.db.erasure_log import Erasure
from storage.db.writer import Transaction

__all__ = ["erase_member"]


async def erase_member(
    location: Location, member_id: int, server_id: int | None, *, keep_out: bool
) -> str:
    """Erase a member's data in a server, or in all if None; return what was done.

    ``keep_out``: also save nothing from now on. The erasure is written to the erasure log, which is
    applied whenever the archive is opened: at once, or, while a bot runs on it, at its next start.
    Raises DatabaseError if there is no archive or the log can't be written.
    """
    now_ms, logged = Clock().now_ms(), list[Erasure]()

    async def find_erasures(tx: Transaction) -> list[Erasure]:
        servers = (
            await erasure_log.get_servers_of_member(tx, member_id)
            if server_id is None
            else [server_id]
        )
        out = {
            one.server_id: one.opted_out_at
            for one in [*await erasure_log.get_erasures(tx), *logged]
            if one.member_id == member_id
        }
        since = now_ms if keep_out else None
        return [Erasure(one, member_id, now_ms, out.get(one) or since) for one in servers]

    async with location.open_for_reading() as archive:
        logged += await archive.read_erasures()
        erasures = await archive.read(find_erasures)
    if not erasures:
        return f"Nothing is saved about member {member_id}. Nothing was changed."
    await location.log_erasures(erasures)
    who = f"Member {member_id}"
    where = format_count(len(erasures), "server")
    with contextlib.suppress(DatabaseInUse):
        async with location.open(erase_member=erasure.erase):
            return (
                f"{who} was erased in {where}. When the bot is started, it also removes their "
                "words from its thread names and messages in Discord."
            )
    return f"{who} will be erased in {where} when the running bot is restarted."
