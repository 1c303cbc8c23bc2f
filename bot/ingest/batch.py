"""A batch of events while it is recorded: what is known, what it led to, the rows to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.clock import to_milliseconds
from bot.core.conversation.events import (
    ChannelDeletion,
    Deletion,
    Edit,
    Event,
    HistoryPage,
    Message,
)
from bot.core.conversation.member_limits import HOUR_MS
from bot.core.conversation.plain_messages import (
    LOOK_BACK_MS,
    Placement,
    PlainMessage,
    is_short,
    place_plain_message,
)
from bot.core.conversation.proxies import Original
from bot.core.conversation.routing import (
    Answered,
    AnsweredReply,
    JoinedDiscussion,
    Record,
    can_join,
)
from bot.core.snowflake import make_first_snowflake
from bot.ingest.answered_passages import ReplyText
from storage.replies.batch_lookup import ChannelReply, Lookup
from storage.replies.reply_changes import Changes

__all__ = ["Batch", "BatchResult", "EarlyEvents", "RecoveredChanges", "find_plain_messages"]


@dataclass(frozen=True, slots=True)
class EarlyEvents:
    """Events that arrived before the message they are about, by that message's id.

    changes:  its last edit, or its deletion
    replies:  messages that reply to it
    originals: members' messages of the last seconds that an app may repost, by their own id
    """

    changes: Mapping[int, Edit | Deletion]
    replies: Mapping[int, tuple[Message, ...]]
    originals: Mapping[int, Original] = field(default_factory=dict)


@dataclass(slots=True)
class RecoveredChanges:
    """What the history of a server showed that the gateway hadn't reported."""

    replies: int = 0
    edits: int = 0
    deletions: int = 0

    def __bool__(self) -> bool:
        return bool(self.replies or self.edits or self.deletions)


@dataclass(slots=True)
class BatchResult:
    """What a batch led to.

    threads_planned, messages_confirmed, deliveries_planned: whether there is work for delivery;
                      ``deliveries_planned`` counts reply moves, edits of copies and alerts
    downloads_planned: how many attachments may have to be downloaded
    recovered:        by server, what the history showed
    early_changes, early_replies: events before the message they are about (:class:`EarlyEvents`)
    originals:        members' messages that an app may repost, by id
    reread:           (server, channel, message) of replies to read again from Discord: their
                      reactions changed, or their poll ended
    new_threads:      threads of discussions that were opened just now
    content_missing:  channels in which Discord withheld message content
    """

    threads_planned: int = 0
    messages_confirmed: int = 0
    deliveries_planned: int = 0
    downloads_planned: int = 0
    recovered: dict[int, RecoveredChanges] = field(default_factory=dict)
    early_changes: dict[int, Edit | Deletion] = field(default_factory=dict)
    early_replies: dict[int, tuple[Message, ...]] = field(default_factory=dict)
    originals: dict[int, Original] = field(default_factory=dict)
    reread: set[tuple[int, int, int]] = field(default_factory=set)
    new_threads: set[int] = field(default_factory=set)
    content_missing: set[int] = field(default_factory=set)

    @property
    def has_work(self) -> bool:
        """Whether there is work for delivery now."""
        return bool(
            self.threads_planned
            or self.messages_confirmed
            or self.deliveries_planned
            or self.downloads_planned
        )


class Batch:
    """A batch while it is recorded.

    known:            what the archive has, kept current as the batch is decided
    changes:          the rows to write
    reply_texts:      replies that may quote or name passages, written after the rows
    closed_met:       by closed discussion, the first reply whose author expects a thread
    deleted_channels: channels and threads that were deleted
    with_deletions:   discussions of which a message of the bot was deleted
    unanswering:      messages in the channel of a discussion that answer nothing, by discussion
    watched:          threads that are watched because of this batch
    """

    def __init__(self, known: Lookup, early: EarlyEvents, now_ms: int) -> None:
        self.known = known
        self.now_ms = now_ms
        self.result = BatchResult()
        self.changes = Changes()
        self.reply_texts: dict[int, ReplyText] = {}
        self.closed_met: dict[int, Message] = {}
        self.deleted_channels: list[ChannelDeletion] = []
        self.with_deletions: set[int] = set()
        self.unanswering: list[tuple[JoinedDiscussion, Message]] = []
        self.watched: set[int] = set()
        #: Replies that are edited or deleted, and what replies of this batch said before.
        self.changed: set[int] = set()
        self.said: dict[int, list[str]] = {}
        self._early = early

    def note_change(self, reply_id: int, text: str | None = None) -> None:
        """Note that a reply is deleted, or edited to say ``text``."""
        self.changed.add(reply_id)
        if text is not None and reply_id in self.said:
            self.said[reply_id].append(text)

    def get_early_change(self, message_id: int) -> Edit | Deletion | None:
        """The edit or deletion of a message that arrived before the message."""
        return self.result.early_changes.get(message_id) or self._early.changes.get(message_id)

    def list_originals(self) -> list[Original]:
        """The messages that an app may have reposted: the remembered ones come before the rows."""
        known = dict(self._early.originals) | self.result.originals
        rows = {one.id: one for one in self.known.originals}
        return [one for one in (rows | known).values() if one.id not in self.known.reposted]

    def note_deleted_original(self, message_id: int) -> None:
        """Note that a message which an app may repost was deleted."""
        original = self.result.originals.get(message_id) or self._early.originals.get(message_id)
        if original is None:
            rows = (one for one in self.known.originals if one.id == message_id)
            original = next(rows, None)
        if original is not None:
            self.result.originals[message_id] = replace(original, deleted=True)

    def get_early_replies(self, message_id: int) -> tuple[Message, ...]:
        """Replies to a message that arrived before it."""
        found = self.result.early_replies.get(message_id)
        return self._early.replies.get(message_id, ()) if found is None else found

    def find_joined_discussion(self, message: Message) -> JoinedDiscussion | None:
        """The discussion that a plain message in a channel joins, if the server chose that.

        The newest open one whose card was posted before the message.
        """
        joinable = self.known.joinable.get(message.channel_id)
        if not joinable:
            return None
        written_at = to_milliseconds(message.written_at)
        for one in joinable:
            if one.joins and one.card_id < message.id and one.since <= written_at:
                return one.discussion
        return None

    def find_unjoined_discussion(self, message: Message) -> JoinedDiscussion | None:
        """The newest open discussion in a channel where plain messages don't join any."""
        for one in self.known.joinable.get(message.channel_id, ()):
            if one.joins:
                return None
            if one.card_id < message.id:
                return one.discussion
        return None

    def place(self, message: Message, joined: JoinedDiscussion) -> Placement:
        """Where a plain message belongs in the discussion that it joins."""
        at = to_milliseconds(message.written_at)
        replies = self.known.channel_replies.get(message.channel_id, {})
        before = [replies[key] for key in sorted(replies, reverse=True) if key < message.id]
        return place_plain_message(
            PlainMessage(message.id, message.author_id, at, None),
            message.text,
            [
                PlainMessage(one.id, one.author_id, one.written_at, one.thread_id, _waits(one))
                for one in before
                if one.discussion_id == joined.discussion_id
            ],
            sum(one.heads_plainly and at - one.written_at < HOUR_MS for one in before),
        )

    def note_channel_reply(self, message: Message, decided: Record, *, deleted: bool) -> None:
        """Note a reply in a channel, so that later messages of the batch are placed after it."""
        replies = self.known.channel_replies.get(message.channel_id)
        if replies is None:
            return
        plain = decided.parent_id is None and decided.planned_message_id is None
        thread_id = decided.target_thread_id or decided.thread_id
        reply = replies[message.id] = ChannelReply(
            id=message.id,
            discussion_id=decided.discussion_id,
            channel_id=message.channel_id,
            author_id=message.author_id,
            author_name=message.author_name,
            written_at=to_milliseconds(message.written_at),
            thread_id=thread_id,
            heads_plainly=plain and decided.opens_thread,
            text=message.text if plain and thread_id is None and not deleted else None,
        )
        if reply.text is not None:
            self.known.threadless[message.id] = reply

    def mark_waiting(self, answered: Answered | None) -> Answered | None:
        """``answered``, marked if it is a short plain message that waits for an answer."""
        if not isinstance(answered, AnsweredReply):
            return answered
        reply = self.known.threadless.get(answered.reply_id)
        return answered if reply is None else replace(answered, waits=_waits(reply))

    def note_opened_thread(self, reply_id: int) -> ChannelReply:
        """Note that a thread is opened on a reply that has waited for an answer; that reply."""
        reply = self.known.threadless.pop(reply_id)
        replies = self.known.channel_replies.get(reply.channel_id, {})
        replies[reply_id] = replace(reply, thread_id=reply_id, heads_plainly=True, text=None)
        self.known.answered[reply_id] = AnsweredReply(reply.discussion_id, reply_id, reply_id)
        return reply


def _waits(reply: ChannelReply) -> bool:
    """Whether a reply has no thread until somebody answers it."""
    return reply.text is not None and is_short(reply.text)


def find_plain_messages(events: Iterable[Event]) -> dict[int, int]:
    """The channels of messages that answer nothing, and from which id on replies there count."""
    oldest: dict[int, datetime] = {}
    for event in events:
        messages = event.messages if isinstance(event, HistoryPage) else (event,)
        for message in messages:
            if not isinstance(message, Message):
                continue
            known = oldest.get(message.channel_id)
            if known is not None and message.written_at >= known:
                continue  # like most, so this is asked first
            if can_join(message) and not (message.from_bot and message.webhook_app_id is None):
                oldest[message.channel_id] = message.written_at
    return {
        channel_id: make_first_snowflake(to_milliseconds(written_at) - LOOK_BACK_MS)
        for channel_id, written_at in oldest.items()
    }
