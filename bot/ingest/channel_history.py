"""Reads a channel's history up to the present and compares it with the archive.

Deletions during an outage are detected here: a stored message that is missing from the history.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import discord
from discord.http import HTTPClient

from bot.clock import Clock
from bot.core import limits
from bot.core.conversation.events import ChannelDeletion, Deletion, Event, HistoryPage, Message
from bot.core.conversation.proxies import MAX_DELAY
from bot.core.snowflake import get_snowflake_time, make_snowflake_before
from bot.discord_api import parse
from bot.discord_api.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.discord_api.permissions import Permissions
from bot.ingest.member_names import MemberNames
from bot.ingest.recorder import Recorder
from storage.db.database import Database
from storage.replies import forwards_polls_stickers, watermarks
from storage.replies.watermarks import WatchedChannel

__all__ = ["HistoryReader", "ReadOutcome", "Reading"]


class ReadOutcome(Enum):
    """How the reading of a channel ended."""

    READ = auto()
    #: The bot can't read it, or not its content: that proves nothing, and it is tried again.
    UNREADABLE = auto()
    #: The channel or thread was deleted.
    DELETED = auto()


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read of a channel or thread.

    since:     messages after this one are read
    expected:  the stored messages that should be there, in order, all from before the reading
               begins; those up to ``since`` are only looked for
    until:     reading may stop behind this message, as the record is complete from there; None:
               it is read up to the present
    verifies:  whether the record is the same as Discord's afterwards. Not if only what is unread
               is read: older messages may have been edited or deleted, and authors in a thread
               have their user names, not those in the server
    """

    channel: WatchedChannel
    since: int
    expected: Sequence[int]
    until: int | None = None
    verifies: bool = True


class HistoryReader:
    """Reads one channel or thread at a time.

    ``can_read_content``: asks Discord whether the bot may read message content; False if that
    isn't certain.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        http: HTTPClient,
        permissions: Permissions,
        recorder: Recorder,
        names: MemberNames,
        can_read_content: Callable[[], Awaitable[bool]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._http = http
        self._permissions = permissions
        self._recorder = recorder
        self._names = names
        self._can_read_content = can_read_content

    async def read(self, reading: Reading) -> tuple[ReadOutcome, int]:
        """Read a channel; how that ended, and how many deletions it found.

        Raises the library's errors if Discord can't be reached.
        """
        one, since, expected = reading.channel, reading.since, reading.expected
        generation = self._recorder.get_generation(one.server_id)
        began = self._clock.now_ms()
        try:
            if (
                not one.is_thread
                and self._permissions.has_channel(one.server_id, one.channel_id) is False
            ):
                # Deleted, or hidden from the bot: the error code says which (10003, 50001).
                await self._http.get_channel(one.channel_id)
            outcome, deletions = await self._read_pages(reading)
        except discord.HTTPException as error:
            if error.code == UNKNOWN_CHANNEL:
                deletion = ChannelDeletion(one.channel_id, one.server_id, self._clock.now())
                await self._recorder.wait_until_committed(self._recorder.put((deletion,)))
                return ReadOutcome.DELETED, 0
            if error.status in (403, 404):
                return ReadOutcome.UNREADABLE, 0  # which proves nothing about the messages
            raise
        if outcome is ReadOutcome.READ and reading.verifies:
            await self.request_open_polls(one, since)
            deletions += await self._find_older_deletions(
                one, expected[: bisect_right(expected, since)]
            )
            self._recorder.mark_complete(one.channel_id, generation)
            await self._database.write(
                lambda tx: watermarks.mark_verified(tx, (one.channel_id,), began)
            )
        elif outcome is ReadOutcome.READ:
            self._recorder.mark_complete(one.channel_id, generation)
        return outcome, deletions

    async def _find_older_deletions(self, one: WatchedChannel, expected: Sequence[int]) -> int:
        """Look for older messages, those of essays, without comparing what is between them.

        Returns how many were deleted. A page has many of them: an essay is posted at once.
        """
        deletions = 0
        while expected:
            after = expected[0] - 1
            page = await self._http.logs_from(one.channel_id, limits.HISTORY_PAGE, after=after)
            ids = sorted(int(data["id"]) for data in page)
            last = len(ids) < limits.HISTORY_PAGE
            count = len(expected) if last else bisect_right(expected, ids[-1])
            missing = sorted(set(expected[:count]) - set(ids))
            if missing and not await self._are_deleted(one, missing, empty=not ids):
                break
            if missing:
                deletion = Deletion(tuple(missing), one.channel_id, self._clock.now())
                await self._recorder.wait_until_committed(self._recorder.put((deletion,)))
            deletions += len(missing)
            expected = expected[count:]
        return deletions

    async def request_open_polls(self, one: WatchedChannel, until: int) -> None:
        """Have open polls up to a message read again: one may have ended during the outage."""
        polls = await self._database.read(
            lambda tx: forwards_polls_stickers.get_open_polls(tx, one.channel_id, until)
        )
        self._recorder.request_messages({(one.server_id, one.channel_id, poll) for poll in polls})

    async def _read_pages(self, reading: Reading) -> tuple[ReadOutcome, int]:
        one, since, expected = reading.channel, reading.since, reading.expected
        deletions = 0
        waiting: list[int] = []  # deleted messages that an app may repost on the next page
        while True:
            # Without the permission to read it, a history is empty without an error (docs: Channel
            # Resource › Get Channel Messages).
            if not self._permissions.can_read_history(one.server_id, one.parent_id):
                return ReadOutcome.UNREADABLE, deletions
            with self._recorder.collect_live(one.channel_id) as live:
                page = await self._http.logs_from(one.channel_id, limits.HISTORY_PAGE, after=since)
                messages = sorted(
                    (
                        parse.parse_message(
                            data, server_id=one.server_id, own_id=self._permissions.own_id
                        )
                        for data in page
                    ),
                    key=lambda message: message.id,
                )
                last = len(messages) < limits.HISTORY_PAGE
                end = None if last else bisect_right(expected, messages[-1].id)
                due = set(expected[bisect_right(expected, since) : end])
                named = frozenset[int]()
                if reading.verifies or not one.is_thread:
                    known = _select_named(due, one)
                    messages, named = await self._names.add_names(messages, known)
                missing = sorted(due - {message.id for message in messages})
                if missing and not await self._are_deleted(one, missing, empty=not messages):
                    return ReadOutcome.UNREADABLE, deletions
                missing = waiting + missing
                stops = last or (reading.until is not None and messages[-1].id >= reading.until)
                waiting = [] if stops else _find_repostable(missing, messages[-1].id)
                reported = missing[: len(missing) - len(waiting)]
                withheld = any(message.content_missing for message in messages)
                shown = withheld and await self._can_read_content()
                events: list[Event] = [
                    HistoryPage(one.channel_id, tuple(messages), content_visible=shown, named=named)
                ]
                # Live messages may answer messages that only this page contains.
                events += [event for event in live if isinstance(event, Message)]
                if reported:
                    events.append(Deletion(tuple(reported), one.channel_id, self._clock.now()))
                number = self._recorder.put(events)
            await self._recorder.wait_until_committed(number)
            self._recorder.request_reactions(live)
            deletions += len(reported)
            if withheld and not shown:
                return ReadOutcome.UNREADABLE, deletions
            if messages:
                since = messages[-1].id
                # What isn't reported yet is looked for again if the reading ends here.
                verified = waiting[0] - 1 if waiting else since
                await self._move_watermark(one.channel_id, verified)
            if stops:
                if not self._permissions.can_read_history(one.server_id, one.parent_id):
                    return ReadOutcome.UNREADABLE, deletions
                return ReadOutcome.READ, deletions

    async def _are_deleted(
        self, one: WatchedChannel, missing: Sequence[int], *, empty: bool
    ) -> bool:
        """Whether the messages missing from a page were deleted.

        A page with other messages shows that the bot had the permission to read it. An empty page
        shows nothing, and the permission may change between two calls, so each message is
        requested: error 10008 is the proof.
        """
        if not self._permissions.can_read_history(one.server_id, one.parent_id):
            return False
        for message_id in missing if empty else ():
            try:
                await self._http.get_message(one.channel_id, message_id)
            except discord.HTTPException as error:
                if error.code == UNKNOWN_MESSAGE:
                    continue
                if error.status in (403, 404):
                    return False
                raise
            return False
        return True

    async def _move_watermark(self, channel_id: int, message_id: int) -> None:
        await self._database.write(lambda tx: watermarks.move_watermark(tx, channel_id, message_id))


def _select_named(recorded: set[int], one: WatchedChannel) -> set[int]:
    """Those of the recorded messages whose authors have the names that they had in the server.

    In a thread, what was written since it was last verified may have been read without names.
    """
    if not one.is_thread:
        return recorded
    verified = make_snowflake_before(one.verified_at)
    return {message_id for message_id in recorded if message_id < verified}


def _find_repostable(deleted: Sequence[int], last_id: int) -> list[int]:
    """The deleted messages, the oldest first, that an app may have reposted after ``last_id``."""
    last = get_snowflake_time(last_id)
    return [one for one in deleted if last - get_snowflake_time(one) <= MAX_DELAY]
