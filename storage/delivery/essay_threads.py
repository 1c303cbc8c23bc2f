"""Essay threads: an essay's own thread or forum post, which the rest of the essay is posted in.

Both have the id of the opening card (docs: Channel Resource › Start Thread from Message, Start
Thread in Forum or Media Channel), so they are known as soon as the card is sent. The thread still
has to be opened then; a forum post comes with its card.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from bot.core.text.coded_text import CodedText
from storage.db.writer import Transaction

__all__ = [
    "NO_AUTHOR",
    "Card",
    "LostCard",
    "add",
    "find_card",
    "find_discussion_id",
    "find_lost_card",
    "get_channel_id",
    "get_thread_ids",
    "mark_rest_failed",
    "mark_thread_lost",
    "plan_again",
    "redirect_unsent",
]

#: In the place of a reply's author: nobody is added to an essay's own thread.
NO_AUTHOR = 0

_NONCE_BYTES = 12


async def get_channel_id(tx: Transaction, discussion_id: int) -> int:
    """Where new messages about an essay go: its own thread or forum post, else its channel."""
    row = await tx.row(
        "SELECT COALESCE(thread_id, channel_id) AS id FROM discussions WHERE id = :id",
        {"id": discussion_id},
    )
    assert row is not None
    return int(row["id"])


@dataclass(frozen=True, slots=True)
class Card:
    """The opening card of an essay that gets its own thread or forum post."""

    planned_message_id: int
    discussion_id: int
    server_id: int
    channel_id: int
    style: str
    title: str


async def find_card(tx: Transaction, planned_message_id: int) -> Card | None:
    """The card that a planned message is, if its essay gets its own thread or forum post."""
    row = await tx.row(
        """
        SELECT discussions.id, discussions.server_id, discussions.channel_id, discussions.style,
               revisions.title
        FROM planned_messages
        JOIN discussions ON discussions.id = planned_messages.discussion_id
        JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE planned_messages.id = :id AND planned_messages.purpose = 'card'
            AND discussions.style IN ('thread', 'forum') AND discussions.state <> 'withdrawn'
            AND discussions.thread_id IS NULL -- a card may be posted again
        ORDER BY revisions.number DESC
        """,
        {"id": planned_message_id},
    )
    if row is None:
        return None
    return Card(
        planned_message_id=planned_message_id,
        discussion_id=row["id"],
        server_id=row["server_id"],
        channel_id=row["channel_id"],
        style=row["style"],
        title=row["title"],
    )


async def add(tx: Transaction, card: Card, message_id: int, *, name: str, now_ms: int) -> None:
    """Record the thread or forum post that has the id of the card's message.

    The thread is still to be opened; a forum post is there with its card, whose channel it is.
    """
    parameters = {
        "id": message_id,
        "discussion_id": card.discussion_id,
        "server_id": card.server_id,
        "channel_id": card.channel_id,
        "nobody": NO_AUTHOR,
        "name": name,
        "state": "planned" if card.style == "thread" else "open",
        "now": now_ms,
    }
    await tx.run("UPDATE discussions SET thread_id = :id WHERE id = :discussion_id", parameters)
    await tx.run(
        """
        INSERT INTO threads (id, server_id, discussion_id, channel_id, member_id, name, state,
            due_at)
        VALUES (:id, :server_id, :discussion_id, :channel_id, :nobody, :name, :state, :now)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, member_id = :nobody
        """,
        parameters,
    )
    if card.style == "forum":
        await tx.run(
            """
            INSERT INTO watermarks (channel_id, server_id, message_id, verified_at)
            VALUES (:id, :server_id, :id, :now)
            ON CONFLICT (channel_id) DO NOTHING
            """,
            parameters,
        )
        await tx.run(
            "UPDATE planned_messages SET channel_id = :id WHERE id = :planned_message_id",
            parameters | {"planned_message_id": card.planned_message_id},
        )
        await redirect_unsent(tx, message_id)


async def redirect_unsent(tx: Transaction, thread_id: int) -> None:
    """Send the essay's pending messages to its own thread, which is open now."""
    await tx.run(
        """
        UPDATE planned_messages SET channel_id = :id, after_id = :id
        WHERE state <> 'sent' AND purpose IN ('part', 'closing')
            AND discussion_id = (SELECT id FROM discussions WHERE thread_id = :id)
        """,
        {"id": thread_id},
    )


async def mark_thread_lost(tx: Transaction, thread_id: int, last_error: CodedText) -> None:
    """A thread was deleted, or will never be opened: an essay can't be posted into it."""
    row = await tx.row("SELECT id FROM discussions WHERE thread_id = :id", {"id": thread_id})
    if row is not None:
        await mark_rest_failed(tx, row["id"], last_error)


async def find_discussion_id(tx: Transaction, thread_id: int) -> int | None:
    """The discussion of the essay whose own thread or forum post this is."""
    row = await tx.row("SELECT id FROM discussions WHERE thread_id = :id", {"id": thread_id})
    return None if row is None else row["id"]


async def mark_rest_failed(tx: Transaction, discussion_id: int, last_error: CodedText) -> None:
    """Mark the essay's pending messages as failed, because the thread for them is lost."""
    await tx.run(
        """
        UPDATE planned_messages SET state = 'failed', last_error = :last_error
        WHERE discussion_id = :id AND purpose IN ('part', 'closing')
            AND state IN ('planned', 'claimed')
        """,
        {"id": discussion_id, "last_error": last_error.stored},
    )


@dataclass(frozen=True, slots=True)
class LostCard:
    """The card of an essay that is being published and whose own thread is lost.

    ``channel_id``: where the essay is posted. ``card_channel_id``, ``message_id``: the card, which
    may be in the lost forum post; ``message_id`` None: it was deleted.
    """

    server_id: int
    channel_id: int
    card_channel_id: int
    message_id: int | None


async def find_lost_card(tx: Transaction, discussion_id: int) -> LostCard | None:
    """The card of an essay whose own thread is lost while it is published; None if it isn't."""
    row = await tx.row(
        """
        SELECT discussions.server_id, discussions.channel_id,
               planned_messages.channel_id AS card_channel_id, planned_messages.message_id
        FROM discussions
        JOIN planned_messages
            ON planned_messages.discussion_id = discussions.id AND planned_messages.purpose = 'card'
        LEFT JOIN threads ON threads.id = discussions.thread_id
        WHERE discussions.id = :id AND discussions.state = 'publishing'
            AND discussions.style IN ('thread', 'forum')
            AND planned_messages.state = 'sent' AND (threads.id IS NULL OR threads.state = 'failed')
        """,
        {"id": discussion_id},
    )
    if row is None:
        return None
    return LostCard(
        server_id=row["server_id"],
        channel_id=row["channel_id"],
        card_channel_id=row["card_channel_id"],
        message_id=row["message_id"],
    )


async def plan_again(tx: Transaction, discussion_id: int, lost: LostCard, now_ms: int) -> int:
    """Plan all messages of an essay again, from its card on; their number."""
    await tx.run("UPDATE discussions SET thread_id = NULL WHERE id = :id", {"id": discussion_id})
    found = await tx.rows(
        """
        SELECT id FROM planned_messages
        WHERE discussion_id = :id AND purpose IN ('card', 'part', 'closing')
        """,
        {"id": discussion_id},
    )
    await tx.run_many(
        """
        UPDATE planned_messages SET state = 'planned', channel_id = :channel_id, nonce = :nonce,
            due_at = :now, attempts = 0, attempts_without_effect = 0, failures = 0,
                first_attempt_at = NULL,
            sent_at = NULL, message_id = NULL, last_error = NULL,
            after_id = CASE WHEN after_id > :after_id THEN after_id ELSE :after_id END
        WHERE id = :id
        """,
        [
            {
                "id": message["id"],
                "channel_id": lost.channel_id,
                "nonce": secrets.token_hex(_NONCE_BYTES),
                "now": now_ms,
                "after_id": lost.message_id or 0,
            }
            for message in found
        ],
    )
    return len(found)


async def get_thread_ids(tx: Transaction, server_id: int) -> set[int]:
    """The essay threads and forum posts of a server."""
    rows = await tx.rows(
        """
        SELECT thread_id FROM discussions
        WHERE server_id = :server_id AND thread_id IS NOT NULL
        """,
        {"server_id": server_id},
    )
    return {row["thread_id"] for row in rows}
