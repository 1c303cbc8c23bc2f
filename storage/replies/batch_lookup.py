"""Bulk lookup of the rows that a batch of events refers to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.clock import to_milliseconds
from bot.core.conversation.events import (
    Deletion,
    Edit,
    Event,
    HistoryPage,
    Message,
    ThreadSeen,
)
from bot.core.conversation.forwards_polls_stickers import NO_EXTRAS, Extras, extras_from_columns
from bot.core.conversation.proxies import Original
from bot.core.conversation.routing import (
    Answered,
    AnsweredBotMessage,
    AnsweredReply,
    DiscussionState,
    JoinedDiscussion,
)
from storage.db.writer import Row, Transaction
from storage.replies.proxied_replies import (
    Candidate,
    find_candidates,
    find_opening,
    find_originals,
    get_apps,
    parse_apps,
)

__all__ = ["ChannelReply", "JoinableDiscussion", "Lookup", "SavedReply", "look_up"]

_DISCUSSION_STATES = {"closed": DiscussionState.CLOSED, "withdrawn": DiscussionState.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class SavedReply:
    """A reply as it is in the archive; ``reactions`` by emoji. Moments in milliseconds."""

    parent_id: int | None
    text: str
    edited_at: int | None
    deleted: bool
    attachments: int
    reactions: frozenset[tuple[str, int]]
    extras: Extras = NO_EXTRAS
    author_name: str = ""


@dataclass(frozen=True, slots=True)
class JoinableDiscussion:
    """An open discussion in a channel, and whether plain messages join it.

    They do if they are newer than its card and ``since``, in milliseconds.
    """

    discussion: JoinedDiscussion
    card_id: int
    joins: bool
    since: int


@dataclass(frozen=True, slots=True)
class ChannelReply:
    """A reply in a channel. ``written_at`` in milliseconds.

    thread_id:      the thread it heads or belongs to; None if it has none
    heads_plainly:  it is a plain message that heads a thread
    text:           what it says if it is a plain message without a thread, else None
    """

    id: int
    discussion_id: int
    channel_id: int
    author_id: int
    author_name: str
    written_at: int
    thread_id: int | None
    heads_plainly: bool
    text: str | None


@dataclass(slots=True)
class Lookup:
    """What the archive has about the ids in a batch, kept current while the batch is recorded.

    answered:        by message id, what replies to that message answer
    copies:          the reply of each copy
    moved:           the replies that were moved, so that a copy is their message
    deleted:         the replies that were deleted
    proxy_apps:      by server, the apps whose webhook messages count as members' messages
    originals:       recorded messages that an app may have reposted
    reposted:        messages that an app has reposted; the reposted one is the reply
    candidates:      by deleted message, what it may be the original of
    settled:         replies whose original was found in this batch
    opening:         of ``originals``, those whose thread is open, or may be being opened
    anonymous:       reposted messages whose author, if not found, may be an erased member
    saved:           the replies that a page of history is compared with
    pending_parents: messages that recorded replies answer and that aren't recorded yet
    erased_members:  until when (milliseconds) nothing of a (server, member) is saved; None: ever
    joinable:        by channel, the open discussions there, the newest first
    channel_replies: by channel where plain messages join, the replies of the last hour, by id
    threadless:      plain messages without a thread, by id
    """

    answered: dict[int, Answered] = field(default_factory=dict)
    copies: dict[int, int] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    proxy_apps: dict[int, frozenset[int]] = field(default_factory=dict)
    originals: list[Original] = field(default_factory=list)
    reposted: set[int] = field(default_factory=set)
    candidates: dict[int, list[Candidate]] = field(default_factory=dict)
    settled: set[int] = field(default_factory=set)
    opening: set[int] = field(default_factory=set)
    anonymous: set[int] = field(default_factory=set)
    saved: dict[int, SavedReply] = field(default_factory=dict)
    pending_parents: set[int] = field(default_factory=set)
    erased_members: dict[tuple[int, int], int | None] = field(default_factory=dict)
    joinable: dict[int, list[JoinableDiscussion]] = field(default_factory=dict)
    channel_replies: dict[int, dict[int, ChannelReply]] = field(default_factory=dict)
    threadless: dict[int, ChannelReply] = field(default_factory=dict)


def _collect_ids(events: Iterable[Event]) -> tuple[set[int], set[int]]:
    """The ids to look up, and of those the messages that come from a page of history."""
    ids: set[int] = set()
    read: set[int] = set()
    for event in events:
        if isinstance(event, Message):  # like most, so this is asked first
            _add_ids(ids, event)
            continue
        match event:
            case HistoryPage():
                for message in event.messages:
                    _add_ids(ids, message)
                    read.add(message.id)
            case ThreadSeen():
                ids.update((event.id, event.owner_id))
            case Edit():
                ids.add(event.message_id)
                _add_forwarded(ids, event)
            case _:
                changed = getattr(event, "message_ids", None) or (getattr(event, "message_id", 0),)
                ids.update(changed)
    return ids, read


def _add_ids(ids: set[int], message: Message) -> None:
    ids.add(message.id)
    ids.add(message.channel_id)
    ids.add(message.author_id)
    if message.reference_id is not None:
        ids.add(message.reference_id)
    if message.extras is not NO_EXTRAS:
        _add_forwarded(ids, message)


def _add_forwarded(ids: set[int], event: Message | Edit) -> None:
    forward = event.extras.forward
    if forward is not None and forward.message_id is not None:
        ids.add(forward.message_id)


async def look_up(
    tx: Transaction,
    events: Sequence[Event],
    *,
    originals: Mapping[int, Original],
    plain: Mapping[int, int],
    now_ms: int,
) -> Lookup:
    """Everything the archive has about the channels, messages and members in ``events``.

    originals:  messages of the last seconds that an app may repost
    plain:      the channels with messages that answer nothing, and from which id on the replies
                there are needed if these join a discussion
    """
    ids, read = _collect_ids(events)
    known = Lookup()
    if not ids:
        return known
    await _look_up_originals(tx, events, originals, now_ms, known, ids)
    deleted = {key for event in events if isinstance(event, Deletion) for key in event.message_ids}
    if deleted:
        for candidate in await find_candidates(tx, deleted, now_ms):
            known.candidates.setdefault(candidate.original_id, []).append(candidate)
    # One statement for all ids: a statement for each would be half of what recording costs.
    await _fill_ids(tx, ids)
    replies, copies, bot_messages, reposted, pending_parents, erased = await tx.rows_of_each(
        _REPLIES, _COPIES, _BOT_MESSAGES, _REPOSTED, _PENDING_PARENTS, _ERASED_MEMBERS
    )
    for row in replies:
        known.answered[row["id"]] = AnsweredReply(row["discussion_id"], row["id"], row["thread_id"])
        if row["threadless_text"] is not None:
            known.threadless[row["id"]] = _make_channel_reply(row)
        if row["copy_id"] not in (None, row["id"]):  # an answer from a form is its own copy
            known.moved.add(row["id"])
        if row["deleted_at"] is not None:
            known.deleted.add(row["id"])
    for row in copies:
        if row["is_recorded"]:
            known.answered[row["copy_id"]] = AnsweredReply(
                row["discussion_id"], row["reply_id"], row["thread_id"]
            )
        if row["deleted_at"] is not None:
            known.deleted.add(row["reply_id"])
        known.copies[row["copy_id"]] = row["reply_id"]
    for row in bot_messages:
        about = None
        if row["reply_id"]:
            about = AnsweredReply(row["discussion_id"], row["reply_id"], row["target_thread_id"])
        known.answered[row["message_id"]] = AnsweredBotMessage(
            row["discussion_id"],
            row["id"],
            _DISCUSSION_STATES.get(row["state"], DiscussionState.OPEN),
            # A hint on how to answer is about no reply: an answer to it answers the essay.
            is_notice=row["purpose"] == "notice" and row["reply_id"] != 0,
            about_reply=about,
            main_thread_id=row["main_thread_id"],
        )
    for row in reposted:
        reply = AnsweredReply(row["discussion_id"], row["reply_id"], row["thread_id"])
        known.answered[row["original_id"]] = reply
        known.reposted.add(row["original_id"])
    known.pending_parents = {row["reference_id"] for row in pending_parents}
    has_joinable = False
    for row in erased:
        if row["member_id"] is None:
            has_joinable = has_joinable or bool(row["joins"])
            if row["proxy_apps"]:
                known.proxy_apps[row["server_id"]] = parse_apps(row["proxy_apps"])
            continue
        until = row["erased_at"] if row["opted_out_at"] is None else None
        known.erased_members[row["server_id"], row["member_id"]] = until
    if has_joinable and any(channel_id not in known.answered for channel_id in plain):
        await _look_up_joinable(tx, known)
        await _look_up_channel_replies(tx, known, plain)
    await tx.run_later("DELETE FROM lookup_ids")
    if read:
        await _fill_ids(tx, read | {known.copies[one] for one in read if one in known.copies})
        await _look_up_saved(tx, known)
        await tx.run_later("DELETE FROM lookup_ids")
    return known


async def _look_up_originals(
    tx: Transaction,
    events: Iterable[Event],
    originals: Mapping[int, Original],
    now_ms: int,
    known: Lookup,
    ids: set[int],
) -> None:
    """What is known of the messages that messages of apps' webhooks may replace; few have any."""
    webhook_messages = [one for one in _list_messages(events) if one.webhook_app_id is not None]
    apps = await get_apps(tx) if webhook_messages else {}
    proxies = [
        one
        for one in webhook_messages
        if one.webhook_app_id in apps.get(one.server_id, frozenset())
    ]
    if not proxies:
        return
    known.originals = await find_originals(tx, proxies)
    channels = {one.channel_id for one in proxies}
    candidates = {one.id: one for one in known.originals}
    candidates |= {key: one for key, one in originals.items() if one.channel_id in channels}
    for original in candidates.values():
        ids.update((original.id, original.author_id))
        if original.reference_id is not None:
            ids.add(original.reference_id)
    known.opening = await find_opening(tx, candidates, now_ms)
    for proxy in proxies:
        if proxy.linked_id is not None:
            ids.add(proxy.linked_id)
        written_at = to_milliseconds(proxy.written_at)
        key = {"server_id": proxy.server_id, "written_at": written_at}
        if await tx.row(_HAS_ERASED, key) is not None:
            known.anonymous.add(proxy.id)


def _list_messages(events: Iterable[Event]) -> Iterator[Message]:
    for event in events:
        if isinstance(event, Message):
            yield event
        elif isinstance(event, HistoryPage):
            yield from event.messages


async def _fill_ids(tx: Transaction, ids: set[int]) -> None:
    await tx.run_later(
        "INSERT INTO lookup_ids (id) SELECT CAST(value AS BIGINT) FROM json_each(:ids)",
        {"ids": json.dumps(sorted(ids))},
    )


async def _look_up_joinable(tx: Transaction, known: Lookup) -> None:
    for row in await tx.rows(_JOINABLE):
        known.joinable.setdefault(row["channel_id"], []).append(
            JoinableDiscussion(
                JoinedDiscussion(row["discussion_id"], row["thread_id"]),
                row["message_id"],
                bool(row["joins"]),
                row["since"],
            )
        )


async def _look_up_channel_replies(
    tx: Transaction, known: Lookup, plain: Mapping[int, int]
) -> None:
    """The newest replies in the channels where plain messages join a discussion."""
    for channel_id, since_id in plain.items():
        if not any(one.joins for one in known.joinable.get(channel_id, ())):
            continue
        replies = known.channel_replies.setdefault(channel_id, {})
        key = {"channel_id": channel_id, "since_id": since_id}
        for row in await tx.rows(_CHANNEL_REPLIES, key):
            reply = replies[row["id"]] = _make_channel_reply(row)
            if reply.text is not None:
                known.threadless[reply.id] = reply


def _make_channel_reply(row: Row) -> ChannelReply:
    return ChannelReply(
        id=row["id"],
        discussion_id=row["discussion_id"],
        channel_id=row["channel_id"],
        author_id=row["author_id"],
        author_name=row["author_name"],
        written_at=row["written_at"],
        thread_id=row["thread_id"],
        heads_plainly=bool(row["heads_plainly"]),
        text=row["threadless_text"],
    )


async def _look_up_saved(tx: Transaction, known: Lookup) -> None:
    reacted, extras, saved = await tx.rows_of_each(_SAVED_REACTIONS, _SAVED_EXTRAS, _SAVED)
    reactions: dict[int, set[tuple[str, int]]] = {}
    for row in reacted:
        reactions.setdefault(row["reply_id"], set()).add((row["emoji"], row["count"]))
    more = {row["reply_id"]: extras_from_columns(dict(row)) for row in extras}
    for row in saved:
        known.saved[row["id"]] = SavedReply(
            parent_id=row["parent_id"],
            text=row["text"],
            edited_at=row["edited_at"],
            deleted=row["deleted_at"] is not None,
            attachments=row["attachments"],
            reactions=frozenset(reactions.get(row["id"], ())),
            extras=more.get(row["id"], NO_EXTRAS),
            author_name=row["author_name"],
        )


# CROSS JOIN: the few ids come first, whatever the query planner guesses (docs: The SQLite Query
# Optimizer Overview › Manual Control Of Query Plans Using CROSS JOIN).
_REPLIES = """
SELECT replies.id, replies.discussion_id, replies.deleted_at, replies.channel_id,
       replies.author_id, replies.author_name, replies.written_at, 0 AS heads_plainly,
       COALESCE(replies.thread_id, reply_moves.thread_id) AS thread_id, reply_moves.copy_id,
       CASE WHEN replies.thread_id IS NULL AND replies.parent_id IS NULL
           AND replies.planned_message_id IS NULL AND replies.deleted_at IS NULL
           AND reply_moves.reply_id IS NULL AND EXISTS (
               SELECT 1 FROM discussions
               WHERE discussions.id = replies.discussion_id AND state = 'open' AND style = 'threads'
           ) THEN replies.text END AS threadless_text
FROM lookup_ids
CROSS JOIN replies
LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
WHERE replies.id = lookup_ids.id
"""
# Of the channel, and those that were moved from it: their rows are in the thread.
_CHANNEL_REPLIES = """
SELECT replies.id, replies.discussion_id, replies.channel_id, replies.author_id,
       replies.author_name, replies.written_at,
       COALESCE(replies.thread_id, reply_moves.thread_id) AS thread_id,
       CASE WHEN replies.thread_id = replies.id AND replies.parent_id IS NULL
           AND replies.planned_message_id IS NULL THEN 1 ELSE 0 END AS heads_plainly,
       CASE WHEN replies.thread_id IS NULL AND replies.parent_id IS NULL
           AND replies.planned_message_id IS NULL AND replies.deleted_at IS NULL
           AND reply_moves.reply_id IS NULL THEN replies.text END AS threadless_text
FROM replies LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
WHERE replies.channel_id = :channel_id AND replies.id >= :since_id
UNION ALL
SELECT replies.id, replies.discussion_id, reply_moves.channel_id, replies.author_id,
       replies.author_name, replies.written_at, replies.thread_id, 0, NULL
FROM discussions CROSS JOIN reply_moves CROSS JOIN replies
WHERE discussions.channel_id = :channel_id AND reply_moves.channel_id = :channel_id
    AND reply_moves.discussion_id = discussions.id AND reply_moves.reply_id >= :since_id
    AND replies.id = reply_moves.reply_id AND replies.channel_id <> :channel_id
"""
_COPIES = """
SELECT reply_moves.copy_id, reply_moves.reply_id, reply_moves.discussion_id,
       CASE WHEN copy_id = reply_id THEN replies.thread_id ELSE reply_moves.thread_id
           END AS thread_id, replies.deleted_at, 1 AS is_recorded
FROM lookup_ids
CROSS JOIN reply_moves
JOIN replies ON replies.id = reply_moves.reply_id
WHERE reply_moves.copy_id = lookup_ids.id
UNION ALL
-- An answer from a form whose message exists, and which isn't recorded whole.
SELECT answers.message_id, answers.message_id, answers.discussion_id, replies.thread_id,
       replies.deleted_at, CASE WHEN replies.id IS NULL THEN 0 ELSE 1 END
FROM lookup_ids
CROSS JOIN answers
LEFT JOIN replies ON replies.id = answers.message_id
WHERE answers.message_id = lookup_ids.id AND answers.state = 'posted'
"""
_BOT_MESSAGES = """
SELECT planned_messages.message_id, planned_messages.id, planned_messages.purpose,
       planned_messages.discussion_id, discussions.state,
       temporary_messages.reply_id, reply_moves.thread_id AS target_thread_id,
       CASE WHEN discussions.style = 'thread' THEN discussions.thread_id END AS main_thread_id
FROM lookup_ids
CROSS JOIN planned_messages
JOIN discussions ON discussions.id = planned_messages.discussion_id
LEFT JOIN temporary_messages ON temporary_messages.planned_message_id = planned_messages.id
LEFT JOIN reply_moves ON reply_moves.reply_id = temporary_messages.reply_id
WHERE planned_messages.message_id = lookup_ids.id
"""
# One query for two questions, since each query is a visit to the database's thread: the erased
# members and, without a member, the servers in which apps repost members' messages, and the
# channels with an open discussion.
_ERASED_MEMBERS = """
SELECT server_id, member_id, erased_at, opted_out_at, 0 AS joins, '' AS proxy_apps
FROM lookup_ids CROSS JOIN erased_members WHERE erased_members.member_id = lookup_ids.id
UNION ALL SELECT server_id, NULL, NULL, NULL, 0, proxy_apps
FROM server_settings WHERE proxy_apps <> ''
UNION ALL SELECT server_id, NULL, NULL, NULL, 1, ''
FROM lookup_ids CROSS JOIN discussions
WHERE discussions.channel_id = lookup_ids.id AND discussions.state = 'open'
"""
_REPOSTED = """
SELECT proxied_replies.original_id, proxied_replies.reply_id, replies.discussion_id,
       replies.thread_id
FROM lookup_ids
CROSS JOIN proxied_replies
JOIN replies ON replies.id = proxied_replies.reply_id
WHERE proxied_replies.original_id = lookup_ids.id
"""
_HAS_ERASED = """
SELECT 1 FROM erased_members
WHERE server_id = :server_id AND (opted_out_at IS NOT NULL OR erased_at >= :written_at) LIMIT 1
"""
# Plain messages join only in the channel chosen for essays, if one is chosen.
_JOINABLE = """
SELECT discussions.channel_id, discussions.id AS discussion_id, discussions.thread_id,
       planned_messages.message_id,
       CASE WHEN plain_messages = 'join' AND
           COALESCE(server_settings.channel_id, discussions.channel_id) = discussions.channel_id
           THEN 1 ELSE 0 END AS joins,
       COALESCE(server_settings.plain_messages_since, 0) AS since
FROM lookup_ids
CROSS JOIN discussions
CROSS JOIN planned_messages
LEFT JOIN server_settings ON server_settings.server_id = discussions.server_id
WHERE discussions.channel_id = lookup_ids.id AND discussions.state = 'open'
    AND planned_messages.discussion_id = discussions.id
    AND discussions.style <> 'forum' AND planned_messages.purpose = 'card'
    AND planned_messages.message_id IS NOT NULL
ORDER BY planned_messages.message_id DESC
"""
_SAVED = """
SELECT replies.id, parent_id, author_name, text, edited_at, deleted_at,
       (SELECT count(*) FROM attachments WHERE reply_id = replies.id) AS attachments
FROM lookup_ids CROSS JOIN replies WHERE replies.id = lookup_ids.id
"""
_SAVED_EXTRAS = """
SELECT reply_extras.* FROM lookup_ids CROSS JOIN reply_extras
WHERE reply_extras.reply_id = lookup_ids.id
"""
_SAVED_REACTIONS = """
SELECT reply_id, emoji, count
FROM lookup_ids CROSS JOIN reactions WHERE reactions.reply_id = lookup_ids.id
"""
_PENDING_PARENTS = """
SELECT reference_id
FROM lookup_ids CROSS JOIN pending_parents
WHERE pending_parents.reference_id = lookup_ids.id
"""
