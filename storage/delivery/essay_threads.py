"""An essay's own place: the one thread of its discussion, or its post in a forum.

Both bear the id of the opening card (docs: Channel Resource › Start Thread from Message, Start
Thread in Forum or Media Channel), so the place is known as soon as the card is. The thread has to
be opened still, a forum's post is there with its card. What follows the card goes in.
"""

from __future__ import annotations

import json
import secrets

from bot.core.conversation.thread_names import make_essay_thread_name
from storage.db.writer import Transaction
from storage.delivery import message_edits
from storage.delivery.message_edits import NewErrand

__all__ = [
    "NOBODY_BELONGS",
    "begin_anew",
    "card_stands",
    "emptied",
    "known_threads",
    "lost",
    "place",
    "stands",
    "take_back",
]

#: In the place of a head's author: nobody is brought into the essay's own thread.
NOBODY_BELONGS = 0

_WITHDRAWN = "-# This essay was withdrawn."
_TEXT_DISPLAY = 10
_NONCE_BYTES = 12


async def place(tx: Transaction, discussion_id: int) -> int:
    """Where what is said about an essay from now on goes: its own thread, else its channel."""
    row = await tx.row(
        "SELECT COALESCE(thread_id, channel_id) AS place FROM discussions WHERE id = :id",
        {"id": discussion_id},
    )
    assert row is not None
    return int(row["place"])


async def card_stands(
    tx: Transaction, planned_message_id: int, message_id: int | None, now_ms: int
) -> None:
    """A post was sent; where it is the card of an essay with a place of its own, that is known.

    ``message_id`` None: it was deleted before its id was known, so there is no such place.
    """
    row = await tx.row(
        """
        SELECT discussions.id, discussions.server_id, discussions.channel_id, discussions.style,
               revisions.title
        FROM planned_messages
        JOIN discussions ON discussions.id = planned_messages.discussion_id
        JOIN revisions ON revisions.discussion_id = discussions.id
        WHERE planned_messages.id = :id AND planned_messages.purpose = 'card'
            AND discussions.style IN ('thread', 'forum') AND discussions.state <> 'withdrawn'
        ORDER BY revisions.number DESC
        """,
        {"id": planned_message_id},
    )
    if row is None:
        return
    if message_id is None:
        await _give_up(tx, row["id"], "The opening card was deleted.")
        return
    parameters = {
        "id": message_id,
        "discussion_id": row["id"],
        "server_id": row["server_id"],
        "channel_id": row["channel_id"],
        "nobody": NOBODY_BELONGS,
        "name": make_essay_thread_name(row["title"]),
        "state": "planned" if row["style"] == "thread" else "open",
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
    if row["style"] == "forum":
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
            parameters | {"planned_message_id": planned_message_id},
        )
        await stands(tx, message_id)


async def stands(tx: Transaction, thread_id: int) -> None:
    """A thread stands; where it is an essay's own, what is still to be posted goes into it."""
    await tx.run(
        """
        UPDATE planned_messages SET channel_id = :id, after_id = :id
        WHERE state <> 'sent' AND purpose IN ('part', 'closing')
            AND discussion_id = (SELECT id FROM discussions WHERE thread_id = :id)
        """,
        {"id": thread_id},
    )


async def lost(tx: Transaction, thread_id: int, last_error: str) -> None:
    """A thread will never be, or was deleted: an essay whose own it is cannot go on there."""
    row = await tx.row("SELECT id FROM discussions WHERE thread_id = :id", {"id": thread_id})
    if row is not None:
        await _give_up(tx, row["id"], last_error)


async def _give_up(tx: Transaction, discussion_id: int, last_error: str) -> None:
    await tx.run(
        """
        UPDATE planned_messages SET state = 'failed', last_error = :last_error
        WHERE discussion_id = :id AND purpose IN ('part', 'closing')
            AND state IN ('planned', 'claimed')
        """,
        {"id": discussion_id, "last_error": last_error},
    )


async def begin_anew(tx: Transaction, discussion_id: int, now_ms: int) -> int:
    """Plan a publishing from its card on once more, where the place it went to is lost.

    A card that still stands is taken away. The number of posts; 0 where nothing is lost.
    """
    row = await tx.row(
        """
        SELECT discussions.id, discussions.server_id, discussions.channel_id, planned_messages.id
            AS card,
               planned_messages.channel_id AS stood_in, planned_messages.message_id
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
        return 0
    if row["message_id"] is not None:
        await message_edits.plan(
            tx,
            server_id=row["server_id"],
            discussion_id=discussion_id,
            errands=[NewErrand("delete", row["stood_in"], row["message_id"])],
            now_ms=now_ms,
        )
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
            sent_at = NULL, message_id = NULL, last_error = NULL, after_id = max(after_id,
                :after_id)
        WHERE id = :id
        """,
        [
            {
                "id": post["id"],
                "channel_id": row["channel_id"],
                "nonce": secrets.token_hex(_NONCE_BYTES),
                "now": now_ms,
                "after_id": row["message_id"] or 0,
            }
            for post in found
        ],
    )
    return len(found)


def emptied(purpose: str, channel_id: int, message_id: int, payload: str) -> NewErrand:
    """What is owed to a message in a forum's post whose essay was withdrawn.

    Its text goes and its place stays, since a post without its first message is a stump. What
    else it holds cannot be edited away: a poll's message is deleted. ``payload`` as JSON.
    """
    if purpose == "card":
        text = {"type": _TEXT_DISPLAY, "content": _WITHDRAWN}
        return NewErrand("edit", channel_id, message_id, {"components": [text]})
    if purpose not in ("part", "closing", "prompt") or "poll" in json.loads(payload):
        return NewErrand("delete", channel_id, message_id)
    return NewErrand("edit", channel_id, message_id, {"content": _WITHDRAWN})


async def take_back(tx: Transaction, planned_message_id: int, message_id: int, now_ms: int) -> None:
    """Owe the deletion of a message that got through although its essay was withdrawn meanwhile."""
    row = await tx.row(
        """
        SELECT planned_messages.server_id, planned_messages.discussion_id,
            planned_messages.channel_id, planned_messages.purpose,
               planned_messages.payload, discussions.style
        FROM planned_messages JOIN discussions ON discussions.id = planned_messages.discussion_id
        WHERE planned_messages.id = :id AND discussions.state = 'withdrawn'
        """,
        {"id": planned_message_id},
    )
    if row is None:
        return
    owed = [NewErrand("delete", row["channel_id"], message_id)]
    if row["style"] == "forum":
        # A card is in the post that it started, whose id it bears.
        post = message_id if row["purpose"] == "card" else row["channel_id"]
        owed = [
            emptied(row["purpose"], post, message_id, row["payload"]),
            NewErrand("lock", post),
        ]
    await message_edits.plan(
        tx,
        server_id=row["server_id"],
        discussion_id=row["discussion_id"],
        errands=owed,
        now_ms=now_ms,
    )


async def known_threads(tx: Transaction, server_id: int) -> set[int]:
    """The threads that are recorded as some essay's own."""
    rows = await tx.rows(
        """
        SELECT thread_id FROM discussions
        WHERE server_id = :server_id AND thread_id IS NOT NULL
        """,
        {"server_id": server_id},
    )
    return {row["thread_id"] for row in rows}
