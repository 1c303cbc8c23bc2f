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
from bot.core.conversation.extras import NO_EXTRAS, Extras, extras_from_columns
from bot.core.conversation.proxies import Original
from bot.core.conversation.routing import (
    Answered,
    AnsweredBotMessage,
    AnsweredReply,
    DiscussionState,
    JoinedDiscussion,
)
from storage.db.writer import Transaction
from storage.replies.proxied_replies import (
    Candidate,
    find_candidates,
    find_opening,
    find_originals,
    get_apps,
    parse_apps,
)

__all__ = ["JoinableDiscussion", "Lookup", "SavedReply", "look_up"]

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


@dataclass(frozen=True, slots=True)
class JoinableDiscussion:
    """An open discussion that plain messages join if they are newer than card and ``since``."""

    discussion: JoinedDiscussion
    card_id: int
    since: int


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
    joinable:        by channel, the discussions that plain messages join, the newest first
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


def _collect_ids(events: Iterable[Event]) -> tuple[set[int], set[int]]:
    """The ids to look up, and of those the messages that come from a page of history."""
    ids: set[int] = set()
    read: set[int] = set()
    for event in events:
        match event:
            case Message():
                _add_ids(ids, event)
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
    ids.update((message.id, message.channel_id, message.author_id))
    if message.reference_id is not None:
        ids.add(message.reference_id)
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
    now_ms: int,
) -> Lookup:
    """Everything the archive has about the channels, messages and members in ``events``.

    ``originals``: messages of the last seconds that an app may repost.
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
    for row in await tx.rows(_REPLIES):
        known.answered[row["id"]] = AnsweredReply(row["discussion_id"], row["id"], row["thread_id"])
        if row["copy_id"] is not None:
            known.moved.add(row["id"])
        if row["deleted_at"] is not None:
            known.deleted.add(row["id"])
    for row in await tx.rows(_COPIES):
        known.answered[row["copy_id"]] = AnsweredReply(
            row["discussion_id"], row["reply_id"], row["thread_id"]
        )
        if row["deleted_at"] is not None:
            known.deleted.add(row["reply_id"])
        known.copies[row["copy_id"]] = row["reply_id"]
    for row in await tx.rows(_BOT_MESSAGES):
        about = None
        if row["reply_id"] is not None:
            about = AnsweredReply(row["discussion_id"], row["reply_id"], row["target_thread_id"])
        known.answered[row["message_id"]] = AnsweredBotMessage(
            row["discussion_id"],
            row["id"],
            _DISCUSSION_STATES.get(row["state"], DiscussionState.OPEN),
            is_notice=row["purpose"] == "notice",
            about_reply=about,
            main_thread_id=row["main_thread_id"],
        )
    for row in await tx.rows(_REPOSTED):
        reply = AnsweredReply(row["discussion_id"], row["reply_id"], row["thread_id"])
        known.answered[row["original_id"]] = reply
        known.reposted.add(row["original_id"])
    known.pending_parents = {row["reference_id"] for row in await tx.rows(_PENDING_PARENTS)}
    has_joinable = False
    for row in await tx.rows(_ERASED_MEMBERS):
        if row["member_id"] is None:
            has_joinable = has_joinable or bool(row["joins"])
            if row["proxy_apps"]:
                known.proxy_apps[row["server_id"]] = parse_apps(row["proxy_apps"])
            continue
        until = row["erased_at"] if row["opted_out_at"] is None else None
        known.erased_members[row["server_id"], row["member_id"]] = until
    if has_joinable:
        await _look_up_joinable(tx, known)
    await tx.run("DELETE FROM lookup_ids")
    if read:
        await _fill_ids(tx, read | {known.copies[one] for one in read if one in known.copies})
        await _look_up_saved(tx, known)
        await tx.run("DELETE FROM lookup_ids")
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
    await tx.run(
        "INSERT INTO lookup_ids (id) SELECT value FROM json_each(:ids)",
        {"ids": json.dumps(sorted(ids))},
    )


async def _look_up_joinable(tx: Transaction, known: Lookup) -> None:
    for row in await tx.rows(_JOINABLE):
        known.joinable.setdefault(row["channel_id"], []).append(
            JoinableDiscussion(
                JoinedDiscussion(row["discussion_id"], row["thread_id"]),
                row["message_id"],
                row["plain_messages_since"],
            )
        )


async def _look_up_saved(tx: Transaction, known: Lookup) -> None:
    reactions: dict[int, set[tuple[str, int]]] = {}
    for row in await tx.rows(_SAVED_REACTIONS):
        reactions.setdefault(row["reply_id"], set()).add((row["emoji"], row["count"]))
    more = {row["reply_id"]: extras_from_columns(dict(row)) for row in await tx.rows(_SAVED_EXTRAS)}
    for row in await tx.rows(_SAVED):
        known.saved[row["id"]] = SavedReply(
            parent_id=row["parent_id"],
            text=row["text"],
            edited_at=row["edited_at"],
            deleted=row["deleted_at"] is not None,
            attachments=row["attachments"],
            reactions=frozenset(reactions.get(row["id"], ())),
            extras=more.get(row["id"], NO_EXTRAS),
        )


# CROSS JOIN: the few ids come first, whatever the query planner guesses (docs: The SQLite Query
# Optimizer Overview › Manual Control Of Query Plans Using CROSS JOIN).
_REPLIES = """
SELECT replies.id, replies.discussion_id, replies.deleted_at,
       COALESCE(replies.thread_id, reply_moves.thread_id) AS thread_id, reply_moves.copy_id
FROM lookup_ids
CROSS JOIN replies USING (id)
LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
"""
_COPIES = """
SELECT reply_moves.copy_id, reply_moves.reply_id, reply_moves.discussion_id,
       reply_moves.thread_id, replies.deleted_at
FROM lookup_ids
CROSS JOIN reply_moves ON reply_moves.copy_id = lookup_ids.id
JOIN replies ON replies.id = reply_moves.reply_id
"""
_BOT_MESSAGES = """
SELECT planned_messages.message_id, planned_messages.id, planned_messages.purpose,
       planned_messages.discussion_id, discussions.state,
       temporary_messages.reply_id, reply_moves.thread_id AS target_thread_id,
       CASE WHEN discussions.style = 'thread' THEN discussions.thread_id END AS main_thread_id
FROM lookup_ids
CROSS JOIN planned_messages ON planned_messages.message_id = lookup_ids.id
JOIN discussions ON discussions.id = planned_messages.discussion_id
LEFT JOIN temporary_messages ON temporary_messages.planned_message_id = planned_messages.id
LEFT JOIN reply_moves ON reply_moves.reply_id = temporary_messages.reply_id
"""
# One query for two questions, since each query is a visit to the database's thread: the erased
# members and, without a member, the servers in which plain messages join the newest essay or
# apps repost members' messages.
_ERASED_MEMBERS = """
SELECT server_id, member_id, erased_at, opted_out_at, 0 AS joins, '' AS proxy_apps
FROM lookup_ids CROSS JOIN erased_members ON erased_members.member_id = lookup_ids.id
UNION ALL SELECT server_id, NULL, NULL, NULL, plain_messages = 'join', proxy_apps
FROM server_settings WHERE plain_messages = 'join' OR proxy_apps <> ''
"""
_REPOSTED = """
SELECT proxied_replies.original_id, proxied_replies.reply_id, replies.discussion_id,
       replies.thread_id
FROM lookup_ids
CROSS JOIN proxied_replies ON proxied_replies.original_id = lookup_ids.id
JOIN replies ON replies.id = proxied_replies.reply_id
"""
_HAS_ERASED = """
SELECT 1 FROM erased_members
WHERE server_id = :server_id AND (opted_out_at IS NOT NULL OR erased_at >= :written_at) LIMIT 1
"""
# Few servers have set this, so they come first.
_JOINABLE = """
SELECT discussions.channel_id, discussions.id AS discussion_id, discussions.thread_id,
       planned_messages.message_id, server_settings.plain_messages_since
FROM server_settings
CROSS JOIN discussions ON discussions.server_id = server_settings.server_id
CROSS JOIN lookup_ids ON lookup_ids.id = discussions.channel_id
CROSS JOIN planned_messages ON planned_messages.discussion_id = discussions.id
WHERE server_settings.plain_messages = 'join' AND discussions.state = 'open'
    AND discussions.style <> 'forum' AND planned_messages.purpose = 'card'
    AND planned_messages.message_id IS NOT NULL
ORDER BY planned_messages.message_id DESC
"""
_SAVED = """
SELECT id, parent_id, text, edited_at, deleted_at,
       (SELECT count(*) FROM attachments WHERE reply_id = replies.id) AS attachments
FROM lookup_ids CROSS JOIN replies USING (id)
"""
_SAVED_EXTRAS = """
SELECT reply_extras.* FROM lookup_ids CROSS JOIN reply_extras ON reply_extras.reply_id =
    lookup_ids.id
"""
_SAVED_REACTIONS = """
SELECT reply_id, emoji, count
FROM lookup_ids CROSS JOIN reactions ON reactions.reply_id = lookup_ids.id
"""
_PENDING_PARENTS = """
SELECT reference_id
FROM lookup_ids CROSS JOIN pending_parents ON pending_parents.reference_id = lookup_ids.id
"""
