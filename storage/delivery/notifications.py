"""What is done besides posting an essay: pinning its card, and telling a channel's followers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from bot.core.payload import Payload
from storage.db.writer import Row, Transaction

__all__ = [
    "EssayNews",
    "PostedCard",
    "cancel_crosspost",
    "find_card_to_pin",
    "find_closed_card",
    "find_news",
    "find_pinged_card",
    "find_pinned_card",
    "get_state",
    "set_card_payload",
    "set_pinned",
]


@dataclass(frozen=True, slots=True)
class PostedCard:
    """The card of a discussion, in Discord."""

    discussion_id: int
    server_id: int
    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class EssayNews:
    """What the followers of a channel are told of an essay."""

    card: PostedCard
    title: str
    byline: str | None
    author: str | None


def _make_card(row: Row) -> PostedCard:
    return PostedCard(row["discussion_id"], row["server_id"], row["channel_id"], row["message_id"])


_CARD = """
SELECT planned_messages.discussion_id, planned_messages.server_id, planned_messages.channel_id,
       planned_messages.message_id
FROM planned_messages
JOIN discussions ON discussions.id = planned_messages.discussion_id
LEFT JOIN server_settings ON server_settings.server_id = discussions.server_id
WHERE planned_messages.discussion_id = :id AND purpose = 'card'
    AND message_id IS NOT NULL AND deleted_at IS NULL AND discussions.style <> 'forum'
"""
_TO_PIN = _CARD + "AND discussions.state = 'open' AND pins_cards = 1"
_PINNED = _CARD + "AND card_pinned = 1"


async def find_card_to_pin(tx: Transaction, discussion_id: int) -> PostedCard | None:
    """The card of an open discussion, if the server's settings say that cards are pinned."""
    row = await tx.row(_TO_PIN, {"id": discussion_id})
    return None if row is None else _make_card(row)


async def find_pinned_card(tx: Transaction, discussion_id: int) -> PostedCard | None:
    """The card of a discussion, if the bot pinned it or is about to."""
    row = await tx.row(_PINNED, {"id": discussion_id})
    return None if row is None else _make_card(row)


async def set_pinned(tx: Transaction, discussion_id: int, *, pinned: bool) -> None:
    """Record that the bot pins or unpins the card of a discussion."""
    await tx.run(
        "UPDATE discussions SET card_pinned = :pinned WHERE id = :id",
        {"id": discussion_id, "pinned": int(pinned)},
    )


async def get_state(tx: Transaction, discussion_id: int) -> str:
    """The state of a discussion, such as "open"; "" if it doesn't exist any more."""
    row = await tx.row("SELECT state FROM discussions WHERE id = :id", {"id": discussion_id})
    return "" if row is None else str(row["state"])


async def find_closed_card(tx: Transaction, message_ids: Iterable[int]) -> PostedCard | None:
    """The first of these messages that is the card of a closed discussion; None if none is.

    Cards that are about to be unpinned are left out.
    """
    for message_id in message_ids:
        row = await tx.row(
            """
            SELECT planned_messages.discussion_id, planned_messages.server_id,
                   planned_messages.channel_id, planned_messages.message_id
            FROM planned_messages
            JOIN discussions ON discussions.id = planned_messages.discussion_id
            WHERE message_id = :message_id AND purpose = 'card' AND discussions.state = 'closed'
                AND NOT EXISTS (
                    SELECT 1 FROM message_edits
                    WHERE message_edits.channel_id = planned_messages.channel_id
                        AND message_edits.message_id = :message_id
                        AND message_edits.state = 'planned' AND kind = 'unpin'
                )
            """,
            {"message_id": message_id},
        )
        if row is not None:
            return _make_card(row)
    return None


async def find_pinged_card(tx: Transaction, planned_message_id: int) -> Payload | None:
    """The payload of a card that mentions a role; None if the message isn't such a card."""
    row = await tx.row(
        """
        SELECT payload FROM planned_messages
        JOIN discussions ON discussions.id = planned_messages.discussion_id
        WHERE planned_messages.id = :id AND purpose = 'card' AND ping_role_id IS NOT NULL
        """,
        {"id": planned_message_id},
    )
    payload: Payload | None = None if row is None else json.loads(row["payload"])
    return payload


async def set_card_payload(tx: Transaction, planned_message_id: int, payload: Payload) -> None:
    """Set what later edits of a sent card are compared with."""
    await tx.run(
        "UPDATE planned_messages SET payload = :payload WHERE id = :id AND purpose = 'card'",
        {"id": planned_message_id, "payload": json.dumps(payload, ensure_ascii=False)},
    )


async def find_news(tx: Transaction, discussion_id: int) -> EssayNews | None:
    """What the followers of a discussion's channel are to be told; None if they aren't."""
    row = await tx.row(
        """
        SELECT planned_messages.discussion_id, planned_messages.server_id,
               planned_messages.channel_id, planned_messages.message_id,
               revisions.title, revisions.byline, revisions.author
        FROM planned_messages
        JOIN discussions ON discussions.id = planned_messages.discussion_id
        JOIN revisions ON revisions.discussion_id = discussions.id
        JOIN server_settings ON server_settings.server_id = discussions.server_id
        WHERE planned_messages.discussion_id = :id AND purpose = 'card'
            AND message_id IS NOT NULL AND deleted_at IS NULL
            AND has_followers = 1 AND tells_followers = 1
        ORDER BY revisions.number DESC LIMIT 1
        """,
        {"id": discussion_id},
    )
    if row is None:
        return None
    return EssayNews(_make_card(row), row["title"], row["byline"], row["author"])


async def cancel_crosspost(tx: Transaction, discussion_id: int) -> bool:
    """Don't publish a discussion's announcement to followers; False if that may have happened."""
    await tx.run(
        """
        UPDATE message_edits SET state = 'done', last_error = NULL
        WHERE discussion_id = :id AND kind = 'crosspost' AND state = 'planned'
        """,
        {"id": discussion_id},
    )
    row = await tx.row(
        """
        SELECT 1 FROM message_edits
        WHERE discussion_id = :id AND kind = 'crosspost' AND requested_at IS NOT NULL LIMIT 1
        """,
        {"id": discussion_id},
    )
    return row is None
