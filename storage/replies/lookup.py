"""What the archive knows of the messages that a batch of events speaks of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.clock import to_milliseconds
from bot.core.conversation.events import Event, HistoryPage, Message, ThreadSeen
from bot.core.conversation.routing import (
    Answered,
    AnsweredBotMessage,
    AnsweredReply,
    DiscussionState,
    JoinedDiscussion,
)
from storage.db.writer import Transaction

__all__ = ["Kept", "Known", "ask"]

_STANDING = {"closed": DiscussionState.CLOSED, "withdrawn": DiscussionState.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply as the archive has it; ``reactions`` by emoji. Moments in milliseconds."""

    parent_id: int | None
    text: str
    edited_at: int | None
    deleted: bool
    attachments: int
    reactions: frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Gathered:
    """An open essay that talk in its channel joins, if it is later than card and ``since``."""

    gathering: JoinedDiscussion
    card_id: int
    since: int


@dataclass(slots=True)
class Known:
    """What is known of the ids in a batch, kept current while the batch is decided.

    ``copies``: the reply of each copy, ``moved`` the replies that stand as a copy. ``kept`` holds
    the replies that a reading of the history is compared with; ``waited_for`` the messages that
    replies in the archive answer and that have not come yet; ``forgotten`` until when
    (milliseconds) nothing is to be kept of a (server, member), None: for ever; ``gatherings`` by
    channel the essays that talk there joins, the newest first.
    """

    answered: dict[int, Answered] = field(default_factory=dict)
    copies: dict[int, int] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    kept: dict[int, Kept] = field(default_factory=dict)
    waited_for: set[int] = field(default_factory=set)
    forgotten: dict[tuple[int, int], int | None] = field(default_factory=dict)
    gatherings: dict[int, list[Gathered]] = field(default_factory=dict)

    def gathering(self, message: Message) -> JoinedDiscussion | None:
        """The essay that a message in a channel joins although it replies to nothing."""
        written_at = to_milliseconds(message.written_at)
        for one in self.gatherings.get(message.channel_id, ()):
            if one.card_id < message.id and one.since <= written_at:
                return one.gathering
        return None


def _ids(events: Iterable[Event]) -> tuple[set[int], set[int]]:
    """The ids to ask after, and of those the messages that were read in a history."""
    asked: set[int] = set()
    read: set[int] = set()
    for event in events:
        match event:
            case Message():
                _add(asked, event)
            case HistoryPage():
                for message in event.messages:
                    _add(asked, message)
                    read.add(message.id)
            case ThreadSeen():
                asked.add(event.id)
            case _:
                ids = getattr(event, "message_ids", None) or (getattr(event, "message_id", 0),)
                asked.update(ids)
    return asked, read


def _add(asked: set[int], message: Message) -> None:
    asked.add(message.id)
    asked.add(message.channel_id)
    if message.reference_id is not None:
        asked.add(message.reference_id)


async def ask(tx: Transaction, events: Iterable[Event]) -> Known:
    """Everything the archive knows of the channels and messages named in ``events``."""
    asked, read = _ids(events)
    known = Known()
    if not asked:
        return known
    # One statement for all of them: a statement for each would be half of what recording costs.
    await _fill(tx, asked)
    for row in await tx.rows(_REPLIES):
        known.answered[row["id"]] = AnsweredReply(row["discussion_id"], row["id"], row["thread_id"])
        if row["copy_id"] is not None:
            known.moved.add(row["id"])
    for row in await tx.rows(_COPIES):
        known.answered[row["copy_id"]] = AnsweredReply(
            row["discussion_id"], row["reply_id"], row["thread_id"]
        )
        known.copies[row["copy_id"]] = row["reply_id"]
    for row in await tx.rows(_POSTS):
        about = None
        if row["reply_id"] is not None:
            about = AnsweredReply(row["discussion_id"], row["reply_id"], row["belongs_in"])
        known.answered[row["message_id"]] = AnsweredBotMessage(
            row["discussion_id"],
            row["id"],
            _STANDING.get(row["state"], DiscussionState.OPEN),
            is_notice=row["purpose"] == "notice",
            about_reply=about,
            main_thread_id=row["main_thread_id"],
        )
    known.waited_for = {
        row["reference_id"]
        for row in await tx.rows(
            """
            SELECT reference_id
            FROM pending_parents
            JOIN lookup_ids ON lookup_ids.id = reference_id
            """
        )
    }
    gathers = False
    for row in await tx.rows(_FORGOTTEN):
        if row["member_id"] is None:
            gathers = True
            continue
        until = row["at"] if row["opted_out_at"] is None else None
        known.forgotten[row["server_id"], row["member_id"]] = until
    if gathers:
        await _ask_gatherings(tx, known)
    await tx.run("DELETE FROM lookup_ids")
    if read:
        await _fill(tx, read | {known.copies[one] for one in read if one in known.copies})
        await _ask_kept(tx, known)
        await tx.run("DELETE FROM lookup_ids")
    return known


async def _ask_gatherings(tx: Transaction, known: Known) -> None:
    for row in await tx.rows(_GATHERINGS):
        known.gatherings.setdefault(row["channel_id"], []).append(
            Gathered(
                JoinedDiscussion(row["discussion_id"], row["thread_id"]),
                row["message_id"],
                row["plain_messages_since"],
            )
        )


async def _fill(tx: Transaction, ids: set[int]) -> None:
    await tx.run(
        "INSERT INTO lookup_ids (id) SELECT value FROM json_each(:ids)",
        {"ids": json.dumps(sorted(ids))},
    )


async def _ask_kept(tx: Transaction, known: Known) -> None:
    reactions: dict[int, set[tuple[str, int]]] = {}
    for row in await tx.rows(
        "SELECT reply_id, emoji, count FROM reactions JOIN lookup_ids ON lookup_ids.id = reply_id"
    ):
        reactions.setdefault(row["reply_id"], set()).add((row["emoji"], row["count"]))
    for row in await tx.rows(_KEPT):
        known.kept[row["id"]] = Kept(
            parent_id=row["parent_id"],
            text=row["text"],
            edited_at=row["edited_at"],
            deleted=row["deleted_at"] is not None,
            attachments=row["attachments"],
            reactions=frozenset(reactions.get(row["id"], ())),
        )


_REPLIES = """
SELECT replies.id, replies.discussion_id,
       COALESCE(replies.thread_id, reply_moves.thread_id) AS thread_id, reply_moves.copy_id
FROM lookup_ids
JOIN replies USING (id)
LEFT JOIN reply_moves ON reply_moves.reply_id = replies.id
"""
_COPIES = """
SELECT reply_moves.copy_id, reply_moves.reply_id, reply_moves.discussion_id, reply_moves.thread_id
FROM lookup_ids JOIN reply_moves ON reply_moves.copy_id = lookup_ids.id
"""
_POSTS = """
SELECT planned_messages.message_id, planned_messages.id, planned_messages.purpose,
    planned_messages.discussion_id, discussions.state,
       temporary_messages.reply_id, reply_moves.thread_id AS belongs_in,
       CASE WHEN discussions.style = 'thread' THEN discussions.thread_id END AS main_thread_id
FROM lookup_ids
JOIN planned_messages ON planned_messages.message_id = lookup_ids.id
JOIN discussions ON discussions.id = planned_messages.discussion_id
LEFT JOIN temporary_messages ON temporary_messages.planned_message_id = planned_messages.id
LEFT JOIN reply_moves ON reply_moves.reply_id = temporary_messages.reply_id
"""
# Asked in one go, since each question costs a visit to the database's thread: who is forgotten,
# and, without a member, the servers in which talk joins the newest essay.
_FORGOTTEN = """
SELECT server_id, member_id, at, opted_out_at FROM erased_members
UNION ALL SELECT server_id, NULL, NULL, NULL FROM server_settings WHERE plain_messages = 'join'
"""
# The servers that have it so are few, so they come first.
_GATHERINGS = """
SELECT discussions.channel_id, discussions.id AS discussion_id, discussions.thread_id,
       planned_messages.message_id, server_settings.plain_messages_since
FROM server_settings
CROSS JOIN discussions ON discussions.server_id = server_settings.server_id
CROSS JOIN lookup_ids ON lookup_ids.id = discussions.channel_id
CROSS JOIN planned_messages ON planned_messages.discussion_id = discussions.id
WHERE server_settings.plain_messages = 'join' AND discussions.state = 'open'
    AND discussions.style <> 'forum' AND planned_messages.purpose = 'card' AND
        planned_messages.message_id IS NOT NULL
ORDER BY planned_messages.message_id DESC
"""
_KEPT = """
SELECT id, parent_id, text, edited_at, deleted_at,
       (SELECT count(*) FROM attachments WHERE reply_id = replies.id) AS attachments
FROM lookup_ids JOIN replies USING (id)
"""
