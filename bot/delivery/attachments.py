"""Fetches the bytes of what members attached, as far as the operator wants them kept.

An address of Discord's is good for about a day (docs: Reference › Signed Attachment CDN URLs), so
where one has run out the message is asked for another.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import discord
from discord.http import HTTPClient

from bot.app.background import UnderWay
from bot.clock import Clock
from bot.discord_api import parse
from bot.discord_api.errors import TRANSIENT, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, get_error_name
from bot.discord_api.retry import get_delay
from storage.db.database import Database
from storage.db.writer import Transaction
from storage.replies import attachments
from storage.replies.attachments import PendingFile

__all__ = ["FileKeeper", "Keeping"]

_log = logging.getLogger(__name__)

_AT_ONCE = 2
#: Attempts before a file is left; the later ones are an hour apart.
_MOST_ATTEMPTS = 40


@dataclass(frozen=True, slots=True)
class Keeping:
    """How much of members' files is kept: bytes of one at most (0: none), and of all together."""

    each: int = 5 * 1024 * 1024
    in_all: int = 1024 * 1024 * 1024


#: Why a file isn't stored, where that is the operator's choice.
_FULL = "the archive holds as many bytes of files as the operator allows"
_TOO_LARGE = "it is larger than the operator allows"


class FileKeeper:
    """Fetches what is owed, a few at once."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        http: HTTPClient,
        keeping: Keeping,
        on_change: Callable[[], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._http = http
        self._keeping = keeping
        self._under_way = UnderWay(on_change)
        self._told_full = False

    @property
    def idle(self) -> bool:
        """Whether nothing is under way."""
        return self._under_way.idle

    async def go_on(self) -> None:
        """Begin what is due and not under way."""
        free = _AT_ONCE - len(self._under_way.keys)
        if free <= 0 or await self._database.read(attachments.get_next_due) is None:
            return
        await self._database.write(
            lambda tx: attachments.skip_larger(tx, self._keeping.each, _TOO_LARGE)
        )
        now_ms, busy = self._clock.now_ms(), self._under_way.keys
        for file in await self._database.read(
            lambda tx: attachments.get_due(tx, busy=busy, now_ms=now_ms, most=free)
        ):
            self._under_way.begin(file.id, self._fetch(file))

    async def stop(self) -> None:
        """Cancel what is under way; it goes on at the next start."""
        await self._under_way.stop()

    async def _fetch(self, file: PendingFile) -> None:
        address = file.url
        try:
            if address is None:
                address = await self._asked_anew(file)
            if address is None:
                await self._leave(file, "it is not on its message any more")
                return
            content = await self._http.get_from_cdn(address)
        except discord.HTTPException as error:
            if error.code in (UNKNOWN_CHANNEL, UNKNOWN_MESSAGE):
                await self._leave(file, "its message is gone")
            elif error.status in (403, 404):
                await self._put_off(file, f"Discord answered {error.status}", None)
            else:
                await self._put_off(file, f"Discord answered {error.status}", address)
        except TRANSIENT as error:
            await self._put_off(
                file, f"Discord could not be reached ({get_error_name(error)})", address
            )
        else:
            await self._keep(file, content)

    async def _keep(self, file: PendingFile, content: bytes) -> None:
        if len(content) > self._keeping.each:
            await self._leave(file, _TOO_LARGE)
            return
        most = self._keeping.in_all

        async def store(tx: Transaction) -> bool:
            if await attachments.get_stored_bytes(tx) + len(content) > most:
                await attachments.skip(tx, file.id, _FULL)
                return False
            await attachments.store(tx, file.id, content)
            return True

        stored = await self._database.write(store)
        if not stored and not self._told_full:
            self._told_full = True
            _log.warning(
                "The archive holds %d bytes of members' files and takes no more; "
                "SALON_ATTACHMENT_TOTAL_BYTES says how many it may hold.",
                most,
            )

    async def _asked_anew(self, file: PendingFile) -> str | None:
        """Where the file can be had now; None where its message does not carry it."""
        message = dict(await self._http.get_message(file.channel_id, file.message_id))
        found = parse.parse_attachments(message)
        for one in found:
            if one.id == file.id:
                return one.url
        # On a copy the same file has another id.
        same = [one for one in found if (one.name, one.size) == (file.name, file.size)]
        return same[0].url if same else None

    async def _leave(self, file: PendingFile, last_error: str) -> None:
        _log.info("File %d is not kept: %s.", file.id, last_error)
        await self._database.write(lambda tx: attachments.skip(tx, file.id, last_error))

    async def _put_off(self, file: PendingFile, last_error: str, address: str | None) -> None:
        if file.attempts + 1 >= _MOST_ATTEMPTS:
            await self._leave(file, last_error)
            return
        # An address that has run out is asked for anew soon; what still is not there, later.
        renewed = address is None and file.url is not None
        pause = get_delay(file.attempts + 1, slow=not renewed and file.attempts > 0)
        due_at = self._clock.now_ms() + pause
        await self._database.write(
            lambda tx: attachments.postpone(
                tx, file_id=file.id, due_at=due_at, last_error=last_error, url=address
            )
        )
