"""The recorder: a queue that writes events into the archive in order of arrival, in batches.

:meth:`Recorder.put` is called before the first await of a handler, so that the order of arrival
decides, not the order of completion. One task writes all events that have gathered at once.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from typing import TypeVar

from bot.clock import Clock
from bot.core.conversation.events import (
    Deletion,
    Edit,
    Event,
    Message,
    Reaction,
    ReactionsCleared,
    ThreadSeen,
)
from bot.core.conversation.proxies import MAX_DELAY, Original
from bot.core.shards import UNSHARDED, Shards
from bot.ingest.batch import BatchResult, EarlyEvents, RecoveredChanges
from bot.ingest.record_batch import OwnMessageHandler, record_batch
from storage.db.database import Database, retry_until_available
from storage.db.errors import StorageError
from storage.replies import watermarks

__all__ = ["Recorder"]

_log = logging.getLogger(__name__)

T = TypeVar("T")
#: Live events that may be newer than a page of history that is being read.
LiveEvent = Message | Reaction | ReactionsCleared

#: Events written in one transaction. With 1,000, the database works a third longer on each; with
#: more, the event loop would be busy with them for longer than a twentieth of a second.
_MAX_BATCH = 2500
#: Seconds between attempts while the archive can't be written (for example, the disk is full).
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0
#: Seconds in which the gateway waits at most until there is room in the queue.
_LONGEST_PAUSE = 1.0
#: Messages that haven't arrived (yet) whose edits, deletions or replies are remembered.
_MAX_EARLY = 10_000
#: The generation of servers whose shard isn't in this process: no shard has it.
_OTHER_PROCESS = -(1 << 31)


class Recorder:
    """Writes events into the archive, in order, a batch at a time.

    complete_channels:  the channels whose record has no gap; their live messages move the watermark
    generation:         counts fresh identifies; after one, no channel of its shard's servers is
                        complete until it was read
    posted_channels:    the channels in which the bot has posted or is about to, and those of
                        discussions; of threads, only some. A message anywhere else than in these
                        and in their threads belongs to no discussion.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        confirm_own_message: OwnMessageHandler,
        on_work: Callable[[], None],
        shards: Shards = UNSHARDED,
    ) -> None:
        self._database = database
        self._clock = clock
        self._shards = shards
        self._confirm_own_message = confirm_own_message
        self._on_work = on_work
        self._events: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._put_count = 0
        self._committed_count = 0
        # Whether the queue grows without limit until the next commit.
        self._is_stuck = False
        self._progress = asyncio.Condition()
        #: The newest generation of each shard; before its first one a number of its own.
        self._generations = {shard_id: -shard_id for shard_id in shards.ids}
        #: Each complete channel with the generation in which it was read.
        self._complete: dict[int, int] = {}
        self._unread: set[int] = set()
        self._early_changes: OrderedDict[int, Edit | Deletion] = OrderedDict()
        self._early_replies: OrderedDict[int, tuple[Message, ...]] = OrderedDict()
        self._originals: OrderedDict[int, Original] = OrderedDict()
        self._collectors: dict[int, list[list[LiveEvent]]] = {}
        self._new_threads: dict[int, int] = {}
        self._recovered: dict[int, RecoveredChanges] = {}
        self._on_reread: Callable[[set[tuple[int, int, int]]], None] | None = None
        self._on_content_missing: Callable[[set[int]], None] | None = None
        self.generation = 0
        self.posted_channels: set[int] = set()

    @property
    def idle(self) -> bool:
        """Whether all events so far are committed."""
        return self._committed_count == self._put_count

    @property
    def committed(self) -> int:
        """Number of committed events."""
        return self._committed_count

    @property
    def queued(self) -> int:
        """Number of events that have arrived and aren't committed yet."""
        return self._put_count - self._committed_count

    @property
    def is_full(self) -> bool:
        """Whether no more is to be received until the next commit (:meth:`wait_for_room`)."""
        return self.queued >= _MAX_BATCH and not self._is_stuck

    async def wait_for_room(self) -> None:
        """Wait while a whole batch of events is queued; for a second at most.

        In a flood, what the event loop receives and what it writes would fill memory, and each
        would slow the other down. While the archive can't be written, or takes longer, events are
        received all the same.
        """
        try:
            async with asyncio.timeout(_LONGEST_PAUSE):
                await self.wait_until_committed(self._put_count - _MAX_BATCH + 1)
        except TimeoutError:
            self._is_stuck = True

    async def load_posted_channels(self) -> None:
        """Fill :attr:`posted_channels` from the archive; to be called before events arrive."""
        self.posted_channels |= await retry_until_available(
            lambda: self._database.read(watermarks.get_posted_channels)
        )

    def put(self, events: Iterable[Event]) -> int:
        """Queue ``events``; returns the number for :meth:`wait_until_committed`."""
        for event in events:
            self._events.append(event)
            self._put_count += 1
            if self._collectors and isinstance(event, Message | Reaction | ReactionsCleared):
                for heard in self._collectors.get(event.channel_id, ()):
                    heard.append(event)
        self._arrived.set()
        return self._put_count

    def put_new_thread(self, event: ThreadSeen) -> None:
        """Queue a new thread; if it belongs to a discussion, its record starts without a gap."""
        self._new_threads[event.id] = self.get_generation(event.server_id)
        self.put((event,))

    @contextmanager
    def collect_live(self, channel_id: int) -> Iterator[list[LiveEvent]]:
        """Collect the live messages and reactions of a channel that arrive within the block.

        Used while its history is read: a message may answer one that only the history contains,
        and is queued again after that; after a reaction, the count in the history may be outdated.
        """
        heard: list[LiveEvent] = []
        self._collectors.setdefault(channel_id, []).append(heard)
        try:
            yield heard
        finally:
            ears = self._collectors[channel_id]
            ears[:] = [other for other in ears if other is not heard]
            if not ears:
                del self._collectors[channel_id]

    def set_callbacks(
        self,
        *,
        reread: Callable[[set[tuple[int, int, int]]], None],
        content_missing: Callable[[set[int]], None],
    ) -> None:
        """Set what to call after a batch is written.

        ``reread``: with the (server, channel, message) of replies to read again from Discord;
        ``content_missing``: with the channels in which Discord withheld a message's content.
        """
        self._on_reread, self._on_content_missing = reread, content_missing

    def request_reactions(self, events: Iterable[LiveEvent]) -> None:
        """Have the reactions that changed in ``events`` read again from Discord."""
        reacted = {
            (event.server_id, event.channel_id, event.message_id)
            for event in events
            if not isinstance(event, Message)
        }
        self.request_messages(reacted)

    def request_messages(self, messages: set[tuple[int, int, int]]) -> None:
        """Have recorded messages, as (server, channel, message), read again from Discord."""
        if messages and self._on_reread is not None:
            self._on_reread(messages)

    def take_recovered(self, server_id: int) -> RecoveredChanges:
        """What reading the history has added to a server's record since the last call."""
        return self._recovered.pop(server_id, RecoveredChanges())

    async def wait_until_committed(self, number: int) -> None:
        """Return when all events up to ``number``, as returned by :meth:`put`, are committed."""
        async with self._progress:
            await self._progress.wait_for(lambda: self._committed_count >= number)

    def mark_complete(self, channel_id: int, generation: int) -> None:
        """The channel's record is complete, unless its shard has begun a new generation.

        ``generation``: that of its server when the reading began.
        """
        if generation in self._generations.values():
            self._complete[channel_id] = generation
            self._unread.discard(channel_id)

    @property
    def complete_channels(self) -> Set[int]:
        """The channels and threads whose record is, as far as known, the same as Discord's.

        A view, which changes as they do: a large bot has tens of thousands.
        """
        return self._complete.keys()

    def get_complete_channels(self, is_connected: Callable[[int], bool]) -> frozenset[int]:
        """Those of the shards, by their ids, that are connected."""
        connected = {
            generation
            for shard_id, generation in self._generations.items()
            if is_connected(shard_id)
        }
        return frozenset(one for one, read in self._complete.items() if read in connected)

    def mark_unread(self, channel_id: int) -> None:
        """Something in the channel couldn't be read: its history is read at the next interval."""
        self._complete.pop(channel_id, None)
        self._unread.add(channel_id)

    def is_marked_unread(self, channel_id: int) -> bool:
        """Whether something couldn't be read in the channel since its record was complete."""
        return channel_id in self._unread

    async def mark_incomplete(self, channel_ids: Set[int]) -> None:
        """Events may have been missed in these channels; queued events are committed first.

        A message that waits in them for the one it answers may be deleted by now, so it is
        dropped; if it still exists, the history contains it.
        """
        await self.wait_until_committed(self._put_count)
        self._drop_complete(channel_ids)
        for reference_id, waiting in list(self._early_replies.items()):
            kept = tuple(one for one in waiting if one.channel_id not in channel_ids)
            if not kept:
                del self._early_replies[reference_id]
            elif len(kept) < len(waiting):
                self._early_replies[reference_id] = kept

    def _drop_complete(self, channel_ids: Iterable[int]) -> None:
        for channel_id in channel_ids:
            self._complete.pop(channel_id, None)

    def start_generation(self, shard_id: int = 0) -> int:
        """A fresh identify of a shard: events may have been missed in all its servers.

        Returns the new generation; no two shards have the same.
        """
        last = self._generations.get(shard_id)
        self._drop_complete([one for one, read in self._complete.items() if read == last])
        self.generation += 1
        self._generations[shard_id] = self.generation
        return self.generation

    def get_generation(self, server_id: int) -> int:
        """The newest generation of the server's shard."""
        return self.get_shard_generation(self._shards.get_shard(server_id))

    def get_shard_generation(self, shard_id: int) -> int:
        """The newest generation of a shard; 0 or less before its first."""
        return self._generations.get(shard_id, _OTHER_PROCESS)

    async def run(self) -> None:
        """Write events as they arrive, until cancelled."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._events:
                count = min(len(self._events), _MAX_BATCH)
                await self._write(list(itertools.islice(self._events, count)))
                for _ in range(count):
                    self._events.popleft()
                self._committed_count += count
                self._is_stuck = False
                async with self._progress:
                    self._progress.notify_all()

    def _select_complete(self, batch: list[Event]) -> frozenset[int]:
        """The complete ones of the channels in which somebody wrote."""
        channel_ids = {event.channel_id for event in batch if isinstance(event, Message)}
        return frozenset(channel_ids & self._complete.keys())

    async def _write(self, batch: list[Event]) -> None:
        wait = _FIRST_WAIT
        while True:
            writing = asyncio.create_task(
                self._database.write(
                    lambda tx: record_batch(
                        tx,
                        batch,
                        complete=self._select_complete(batch),
                        now_ms=self._clock.now_ms(),
                        confirm_own_message=self._confirm_own_message,
                        early=EarlyEvents(
                            self._early_changes, self._early_replies, self._originals
                        ),
                        shards=self._shards,
                    )
                ),
                name="record-batch",
            )
            try:
                # Not cancelled with this task: the archive ends what it has begun to write.
                result = await asyncio.shield(writing)
            except asyncio.CancelledError:
                writing.add_done_callback(lambda ended: self._note_last_batch(ended, len(batch)))
                raise
            except StorageError as error:
                self._is_stuck = True
                _log.error(
                    "Couldn't write to the archive (%s); %d events are queued, retrying in %.1f s.",
                    error,
                    self._put_count - self._committed_count,
                    wait,
                )
                await asyncio.sleep(wait)
                wait = min(wait * 2, _LONGEST_WAIT)
            else:
                self._publish_results(result)
                return

    def _note_last_batch(self, writing: asyncio.Task[BatchResult], count: int) -> None:
        """Count a batch that was written after the recorder was stopped."""
        if not writing.cancelled() and writing.exception() is None:
            self._committed_count += count

    def _publish_results(self, result: BatchResult) -> None:
        _remember(self._early_changes, result.early_changes)
        _remember(self._early_replies, result.early_replies)
        self._remember_originals(result.originals)
        for server_id, found in result.recovered.items():
            kept = self._recovered.setdefault(server_id, RecoveredChanges())
            kept.replies += found.replies
            kept.edits += found.edits
        for thread_id in result.new_threads:
            self.mark_complete(thread_id, self._new_threads.get(thread_id, _OTHER_PROCESS))
        if self._new_threads and not self._events:
            self._new_threads.clear()
        if result.content_missing:
            self._drop_complete(result.content_missing)
            self._unread |= result.content_missing
            if self._on_content_missing is not None:
                self._on_content_missing(result.content_missing)
        self.request_messages(result.reread)
        if result.has_work:
            self._on_work()

    def _remember_originals(self, originals: Mapping[int, Original]) -> None:
        """Remember members' messages for the seconds in which an app may repost them."""
        _remember(self._originals, originals)
        now = self._clock.now()
        while self._originals:
            oldest = next(iter(self._originals))
            if now - self._originals[oldest].written_at <= 2 * MAX_DELAY:
                break
            del self._originals[oldest]


def _remember(kept: OrderedDict[int, T], news: Mapping[int, T]) -> None:
    """Add the new entries; drop the oldest ones above the limit."""
    for message_id, event in news.items():
        kept[message_id] = event
        kept.move_to_end(message_id)
    while len(kept) > _MAX_EARLY:
        kept.popitem(last=False)
